-- macro: metric_approx(id, since, until, region := '*', sector := '*', org := '*', section := '*', post := '*', process := '*', step := '*')
-- kind:  table
-- publish: yes
-- why:   percentiles of a duration over whole months from its histogram, at once for any roll-up: each is within 1 % of the
--        order statistic of rank ceil(p n). Where n is below 1,000, or a report prints it, metric() has the exact one
with

counted as (

    select
        clock,
        bucket,

        sum(n) as n

    from agg_duration_hist

    where metric_id = id
        and month >= since::date
        and month < until::date
        and (region = '*' or region_in(region_code, region))
        and (sector = '*' or sector_code = sector)
        and (org = '*' or org_in(org_code, org))
        and (section = '*' or section_code = section)
        and (post = '*' or post_code = post)
        and (process = '*' or process_code = process)
        and (step = '*' or step_code = step)

    group by all

),

running as (

    select
        clock,
        bucket,

        sum(n) over (partition by clock order by bucket) as upto,
        sum(n) over (partition by clock) as total

    from counted

),

asked as (

    select *

    from (values ('p50_approx', 50), ('p90_approx', 90), ('p95_approx', 95)) as asked(stat, percent)

)

select
    running.clock,
    asked.stat,
    bucket_s(min(running.bucket)) as value,
    min(running.total)::bigint as n

from running

cross join asked

where running.upto >= (asked.percent * running.total + 99) // 100

group by
    running.clock,
    asked.stat

order by
    running.clock,
    asked.stat
