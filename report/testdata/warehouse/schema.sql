-- A published warehouse in miniature: the names and columns of domain.md 6.6 that reports read, filled from the CSV
-- files of this folder. cells.csv holds one line per leaf, from which v_metric_month is unfolded.
create macro local_date(t) as timezone('Asia/Shanghai', t)::date;

create table version as
select
    'v000042' as version,
    timestamptz '2026-11-02 20:00:00+08' as as_of,
    'step 5871093122, work 661230' as snapshots,
    'Asia/Shanghai' as zone;

create table dim_region as from read_csv('testdata/warehouse/dim_region.csv', all_varchar = false, types = {'region_code': 'varchar', 'parent_code': 'varchar'});
create table dim_sector as from read_csv('testdata/warehouse/dim_sector.csv');
create table dim_org as from read_csv('testdata/warehouse/dim_org.csv', types = {'region_code': 'varchar'});
create table dim_process as from read_csv('testdata/warehouse/dim_process.csv');
create table dim_step as from read_csv('testdata/warehouse/dim_step.csv');

create table region_above as
with recursive above as (
    select region_code as inner_code, region_code as outer_code from dim_region
    union all
    select above.inner_code, dim_region.parent_code
    from above
    inner join dim_region on above.outer_code = dim_region.region_code
    where dim_region.parent_code is not null
)
from above;

create macro region_in(code, ancestor) as exists (
    select 1 from region_above where inner_code = code and outer_code = ancestor
);

create table dim_date as
select
    'CN' as calendar_id,
    day::date as date,
    (isodow(day) < 6 and day not between date '2026-10-01' and date '2026-10-07' and day not between date '2025-10-01' and date '2025-10-08')
    or day::date in (date '2026-09-20', date '2026-10-10', date '2025-10-11') as is_work
from generate_series(date '2025-09-01', date '2026-12-31', interval 1 day) as days (day);

create table cells as from read_csv('testdata/warehouse/cells.csv', types = {'region_code': 'varchar'});
create table v_metric_month as
with long as (
    select *, 'M10' as metric_id, work_s as num, finished as den, 'work' as clock from cells
    union all select *, 'M12', step_s, runs, 'work' from cells
    union all select *, 'M13', queue_s, runs, 'work' from cells
    union all select *, 'M18', runs, accepted, '-' from cells
    union all select *, 'M20', rework, accepted, '-' from cells
    union all select *, 'M21a', finished, accepted, '-' from cells
    union all select *, 'M21b', cohort, accepted, '-' from cells
    union all select *, 'M21c', arrived_done, arrived, '-' from cells
    union all select *, 'M22', on_time, due, '-' from cells
    union all select *, 'M24', early, early_of, '-' from cells
    union all select *, 'M26', due - on_time, due, '-' from cells
)
select metric_id, month, region_code, sector_code, org_code, num::bigint as num, den::bigint as den,
    num / nullif(den, 0) as value, den::bigint as n, process_code, '*' as step_code, clock, 'rate' as stat
from long
union all
select 'M37', month, region_code, sector_code, org_code, total_s, null, null, 1, process_code, step_code, 'work', basis
from read_csv('testdata/warehouse/bottleneck.csv', types = {'region_code': 'varchar'});

create table v_step_run as
select *, false as implied_start, false as implied_end, ended_at as arrived_at, ended_at as claimed_at, ended_at as started_at
from read_csv('testdata/warehouse/v_step_run.csv', types = {'region_code': 'varchar', 'ended_at': 'timestamptz', 'limit_s': 'bigint'});

create table v_case as from read_csv('testdata/warehouse/v_case.csv', types = {
    'region_code': 'varchar', 'accepted_at': 'timestamptz', 'finished_at': 'timestamptz', 'due_at': 'timestamptz'
});

create table v_reject as from read_csv('testdata/warehouse/v_reject.csv', types = {'kafka_ts': 'timestamptz'});

create table dim_metric as
select
    id as metric_id, id || ' 名称' as name_zh, id || ' name' as name_en, '分子÷分母' as formula_zh, 'num ÷ den' as formula_en,
    '%' as unit_zh, '%' as unit_en, '有效办件' as population_zh, 'valid cases' as population_en, 5 as min_n
from (select unnest(['M10', 'M12', 'M13', 'M18', 'M20', 'M21a', 'M21b', 'M21c', 'M22', 'M24', 'M26', 'M37']) as id);
