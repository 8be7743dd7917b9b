-- query: slowest_steps
-- grain: process_code, step_code; the ten with the largest totals, of those that ran $minimum_mean times or more and
--        took an hour or more
-- why:   bottlenecks are ranked by a total, not by a mean: a step that is slow once a year holds nobody up. All steps of a
--        process are measured on one basis, which is named; totals of different bases are not compared, so the basis
--        that says most (time over a limit) comes first
with

leaf as (

    select
        metric_id,
        process_code,
        step_code,
        num,
        den

    from v_metric_month

    where
        (
            (metric_id = 'M12' and clock = 'work')
            -- M37 is on the clock of its basis
            or metric_id in ('M18', 'M37')
        )
        and month >= $from::date
        and month < $to::date
        and ($region = '*' or region_in(region_code, $region))
        and ($sector = '*' or sector_code = $sector)
        and ($org = '*' or org_code = $org)

),

sums as (

    select
        process_code,
        step_code,

        sum(num) filter (metric_id = 'M37') as total,
        sum(num) filter (metric_id = 'M18') as runs,
        sum(den) filter (metric_id = 'M12') as step_n

    from leaf

    group by all

),

top as (

    select
        sums.*,

        bottleneck.basis,
        sums.total / nullif(sum(sums.total) over (partition by sums.process_code), 0) as share,
        row_number() over (
            order by
                case bottleneck.basis when 'limit' then 1 when 'queue' then 2 else 3 end,
                sums.total desc,
                sums.process_code,
                sums.step_code
        ) as place

    from sums

    inner join v_bottleneck as bottleneck
        on sums.process_code = bottleneck.process_code
        and sums.step_code = bottleneck.step_code

    where
        sums.total >= 3600
        and sums.runs >= $minimum_mean

    qualify place <= 10

),

runs as (

    -- percentiles do not add up over leaves: they are taken from the runs themselves
    select
        run.process_code,
        run.step_code,

        quantile_cont(run.step_work_s, 0.5) as p50,
        quantile_cont(run.step_work_s, 0.9) as p90

    from v_step_run as run

    inner join top
        on run.process_code = top.process_code
        and run.step_code = top.step_code

    where
        local_date(run.ended_at) >= $from::date
        and local_date(run.ended_at) < $to::date
        and run.claimed_work_basis in ('start', 'claim')
        and not run.implied_end
        and run.step_work_s >= 0
        and ($region = '*' or region_in(run.region_code, $region))
        and ($sector = '*' or run.sector_code = $sector)
        and ($org = '*' or run.org_code = $org)

    group by all

)

select
    top.place,
    top.process_code,
    coalesce(dim_process.name, top.process_code) as process_name,
    top.step_code,
    coalesce(dim_step.name, top.step_code) as step_name,
    top.basis,
    top.total::bigint as total_s,
    top.share,
    top.runs::bigint as n,
    top.step_n::bigint as step_n,
    runs.p50,
    runs.p90

from top

left join runs
    on top.process_code = runs.process_code
    and top.step_code = runs.step_code

left join dim_process
    on top.process_code = dim_process.process_code

left join dim_step
    on top.process_code = dim_step.process_code
    and top.step_code = dim_step.step_code

order by top.place
