-- query: lowest_org
-- grain: one row, or none
-- why:   the region's own department with the lowest on-time rate among those large enough, with the step of its work
--        that takes the largest part of its time over the limits
with

orgs as (

    select
        org_code,

        sum(num)::bigint as on_time_cases,
        sum(den)::bigint as n

    from v_metric_month

    where
        metric_id = 'M22'
        and month >= $from::date
        and month < $to::date
        and ($region = '*' or region_in(region_code, $region))
        and ($sector = '*' or sector_code = $sector)
        and ($org = '*' or org_code = $org)
        and ($region = '*' or org_code in (select own.org_code from dim_org as own where own.region_code = $region))

    group by all

    having sum(den) >= $minimum_rank

),

lowest as (

    select
        *,

        on_time_cases / n as on_time,
        count(*) over () as orgs

    from orgs

    qualify row_number() over (order by on_time_cases / n, n desc, org_code) = 1

),

late_steps as (

    select
        run.org_code,
        run.process_code,
        run.step_code,

        sum(run.overdue_work_s::decimal(18, 3)) as over_s

    from v_step_run as run

    inner join lowest
        on run.org_code = lowest.org_code

    where
        local_date(run.ended_at) >= $from::date
        and local_date(run.ended_at) < $to::date
        and run.overdue_work_s > 0
        and ($region = '*' or region_in(run.region_code, $region))

    group by all

),

worst_step as (

    select
        *,

        (over_s / sum(over_s) over ())::double as share

    from late_steps

    qualify row_number() over (order by over_s desc, process_code, step_code) = 1

)

select
    lowest.org_code,
    coalesce(dim_org.name, lowest.org_code) as name,
    lowest.orgs,
    lowest.n,
    lowest.on_time,
    coalesce(dim_step.name, worst_step.step_code) as step_name,
    worst_step.share

from lowest

left join worst_step
    on lowest.org_code = worst_step.org_code

left join dim_org
    on lowest.org_code = dim_org.org_code

left join dim_step
    on worst_step.process_code = dim_step.process_code
    and worst_step.step_code = dim_step.step_code
