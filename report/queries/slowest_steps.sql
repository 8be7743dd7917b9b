-- query: slowest_steps
-- grain: process_code, step_code; the ten with the largest totals
-- why:   bottlenecks are ranked by a total, not by a mean: a step that is slow once a year holds nobody up. All steps of a
--        process are measured on one basis, which is named; totals of different bases are not compared, so the basis
--        that says most (time over a limit) comes first
with

contributions as (

    select
        process_code,
        step_code,
        stat as basis,

        sum(num)::bigint as total_s

    from v_metric_month

    where
        metric_id = 'M37'
        and month >= $from::date
        and month < $to::date
        and ($region = '*' or region_in(region_code, $region))
        and ($sector = '*' or sector_code = $sector)
        and ($org = '*' or org_code = $org)

    group by all

),

shares as (

    select
        *,

        total_s / nullif(sum(total_s) over (partition by process_code, basis), 0) as share

    from contributions

),

top as (

    select
        *,

        row_number() over (
            order by
                case basis when 'limit' then 1 when 'queue' then 2 else 3 end,
                total_s desc,
                process_code,
                step_code
        ) as place

    from shares

    where total_s > 0

    qualify place <= 10

),

runs as (

    select
        run.process_code,
        run.step_code,

        count(*) as n,
        count(*) filter (run.queue_work_s is not null and not run.implied_start and not run.implied_end) as step_n,
        quantile_cont(run.step_work_s, 0.5) filter (not run.implied_start and not run.implied_end) as p50,
        quantile_cont(run.step_work_s, 0.9) filter (not run.implied_start and not run.implied_end) as p90,
        (sum(run.queue_work_s) filter (not run.implied_start and not run.implied_end))::bigint as wait_s

    from v_step_run as run

    inner join top
        on run.process_code = top.process_code
        and run.step_code = top.step_code

    where
        local_date(run.ended_at) >= $from::date
        and local_date(run.ended_at) < $to::date
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
    top.total_s,
    top.share,
    runs.n,
    runs.step_n,
    runs.p50,
    runs.p90,
    runs.wait_s / nullif(runs.step_n, 0) as wait

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
