-- A published warehouse in miniature: of the objects that reports read, the columns that they read, filled from the CSV
-- files of this folder. cells.csv holds a line per leaf of the case metrics, steps.csv one per leaf of the step metrics.
create macro local_date(t) as timezone('Asia/Shanghai', t)::date;

create table version as
select
    'v000042' as version,
    timestamptz '2026-11-02 20:00:00+08' as as_of,
    'step 5871093122, work 661230' as snapshots,
    'Asia/Shanghai' as zone;

create table dim_region as
select *, true as is_known, if(level = 3, 'county', '~') as peer_group
from read_csv('testdata/warehouse/dim_region.csv', types = {'region_code': 'varchar', 'parent_code': 'varchar'});

create table dim_sector as select *, true as is_known from read_csv('testdata/warehouse/dim_sector.csv');

create table dim_org as
select *, true as is_known, true as is_current, '~' as peer_group
from read_csv('testdata/warehouse/dim_org.csv', types = {'region_code': 'varchar'});

create table dim_process as select *, true as is_known from read_csv('testdata/warehouse/dim_process.csv');

create table dim_step as from read_csv('testdata/warehouse/dim_step.csv');

create table dim_region_ancestor as
with recursive walk as (
    select region_code, region_code as ancestor_code from dim_region
    union all
    select walk.region_code, dim_region.parent_code
    from walk
    inner join dim_region on walk.ancestor_code = dim_region.region_code
    where dim_region.parent_code <> '~'
)
from walk;

create macro region_in(code, ancestor) as (code, ancestor) in (select region_code, ancestor_code from dim_region_ancestor);

create table dim_date as
select
    'CN' as calendar_id,
    day::date as date,
    (
        isodow(day) < 6
        and day not between date '2026-10-01' and date '2026-10-07'
        and day not between date '2025-10-01' and date '2025-10-08'
    )
    or day::date in (date '2026-09-20', date '2026-10-10', date '2025-10-11') as is_work
from generate_series(date '2025-09-01', date '2026-12-31', interval 1 day) as days (day);

create table cells as from read_csv('testdata/warehouse/cells.csv', types = {'region_code': 'varchar'});

create table steps as from read_csv('testdata/warehouse/steps.csv', types = {'region_code': 'varchar'});

create view v_metric_month as
with long as (
    select * from cells
    cross join lateral (
        values
            ('M10', work_s, finished, 'work', 'mean'),
            ('M20', rework, accepted, '-', 'rate'),
            ('M21a', finished, accepted, '-', 'rate'),
            ('M21b', cohort, accepted, '-', 'rate'),
            ('M21c', arrived_done, arrived, '-', 'rate'),
            ('M22', on_time, due, '-', 'rate'),
            ('M24', early, early_of, '-', 'rate'),
            ('M26', due - on_time, due, '-', 'rate')
    ) as metric (metric_id, num, den, clock, stat)
),
step_long as (
    select * from steps
    cross join lateral (
        values
            ('M12', step_s, runs, 'work', 'mean'),
            ('M13', queue_s, runs, 'work', 'mean'),
            ('M18', runs, entered, '-', 'rate'),
            ('M37', total_s, runs, 'work', 'sum')
    ) as metric (metric_id, num, den, clock, stat)
)
select metric_id, month, region_code, sector_code, org_code, num::decimal(38, 6) as num, den::bigint as den, den::bigint as n,
    process_code, '*' as step_code, clock, stat
from long
union all
select metric_id, month, region_code, sector_code, org_code, num::decimal(38, 6), den::bigint, den::bigint,
    process_code, step_code, clock, stat
from step_long;

create table v_bottleneck as
select distinct process_code, step_code, basis
from steps;

create table v_step_run as
select *, 'start' as claimed_work_basis, false as implied_end, ended_at as arrived_at, ended_at as claimed_at, ended_at as started_at
from read_csv('testdata/warehouse/v_step_run.csv', types = {
    'region_code': 'varchar', 'ended_at': 'timestamptz', 'step_work_s': 'double', 'limit_s': 'double', 'overdue_work_s': 'double'
});

create table v_case as
select *, finished_at as ended_at
from read_csv('testdata/warehouse/v_case.csv', types = {
    'region_code': 'varchar', 'accepted_at': 'timestamptz', 'finished_at': 'timestamptz', 'due_at': 'timestamptz',
    'overdue_wd': 'double'
});

create table v_work (org_code varchar, month date, is_valid boolean);

create table v_reject as from read_csv('testdata/warehouse/v_reject.csv', types = {'kafka_ts': 'timestamptz'});

create table dim_metric as
select
    id as metric_id,
    id || ' 名称' as name_zh,
    id || ' name' as name_en,
    '分子÷分母' as formula_zh,
    'num ÷ den' as formula_en,
    '有效办件' as population_zh,
    'valid cases' as population_en,
    case when id in ('M10', 'M12', 'M13', 'M37') then '秒' else '%' end as unit_zh,
    case when id in ('M10', 'M12', 'M13', 'M37') then 'seconds' else '%' end as unit_en,
    5 as min_n
from (
    select unnest(['M10', 'M12', 'M13', 'M18', 'M20', 'M21a', 'M21b', 'M21c', 'M22', 'M24', 'M26', 'M37']) as id
);
