-- model: agg_code
-- grain: list, code, process_code
-- kind:  sums
-- order: list, code, process_code
-- why:   every code that records carry, so that each has a row in its dimension, with the number of facts that carry it. A
--        step is one of its process, the other codes stand alone
with

carried as (

    select 'region' as list, region_code as code, '-' as process_code, count(*) as n from fact_case group by all
    union all
    select 'region' as list, region_code as code, '-' as process_code, count(*) as n from fact_step_run group by all
    union all
    select 'region' as list, region_code as code, '-' as process_code, count(*) as n from fact_work group by all
    union all
    select 'sector' as list, sector_code as code, '-' as process_code, count(*) as n from fact_case group by all
    union all
    select 'sector' as list, sector_code as code, '-' as process_code, count(*) as n from fact_step_run group by all
    union all
    select 'sector' as list, sector_code as code, '-' as process_code, count(*) as n from fact_work group by all
    union all
    select 'org' as list, org_code as code, '-' as process_code, count(*) as n from fact_case group by all
    union all
    select 'org' as list, owner_org as code, '-' as process_code, count(*) as n from fact_case group by all
    union all
    select 'org' as list, section_code as code, '-' as process_code, count(*) as n from fact_case group by all
    union all
    select 'org' as list, org_code as code, '-' as process_code, count(*) as n from fact_step_run group by all
    union all
    select 'org' as list, section_code as code, '-' as process_code, count(*) as n from fact_step_run group by all
    union all
    select 'org' as list, post_code as code, '-' as process_code, count(*) as n from fact_step_run group by all
    union all
    select 'org' as list, org_code as code, '-' as process_code, count(*) as n from fact_work group by all
    union all
    select 'org' as list, section_code as code, '-' as process_code, count(*) as n from fact_work group by all
    union all
    select 'org' as list, post_code as code, '-' as process_code, count(*) as n from fact_work group by all
    union all
    select 'process' as list, process_code as code, '-' as process_code, count(*) as n from fact_case group by all
    union all
    select 'process' as list, process_code as code, '-' as process_code, count(*) as n from fact_step_run group by all
    union all
    select 'task' as list, task_code as code, '-' as process_code, count(*) as n from fact_case group by all
    union all
    select 'task' as list, task_code as code, '-' as process_code, count(*) as n from fact_work group by all
    union all
    select 'step' as list, step_code as code, process_code, count(*) as n from fact_step_run group by all

)

select
    list,
    code,
    process_code,

    sum(n)::bigint as n

from carried

group by all
