-- model: agg_bottleneck_month
-- grain: month, region_code, sector_code, org_code, section_code, post_code, process_code, step_code
-- kind:  sums
-- order: month, region_code, sector_code, org_code, section_code, post_code, process_code, step_code
-- why:   what the runs of a step add to the bottleneck of their process on each of the three bases, and what decides which
--        basis the process has: that is known only when all runs are counted (M37)
with

runs as (

    select
        *,

        greatest(0, sojourn_work_us - limit_work_us) as over_us,
        greatest(0, sojourn_work_us - credit_work_us - limit_work_us) as limit_us

    from fact_step_run

    where not is_voided
        and not implied_end
        and ended_at is not null

)

select
    date_trunc('month', ended_date)::date as month,
    region_code,
    sector_code,
    org_code,
    section_code,
    post_code,
    process_code,
    step_code,

    count(*) as n,
    count(*) filter (limit_work_us is null) as n_without_limit,
    coalesce(sum(over_us), 0) as over_us,
    count(*) filter (queue_us is not null) as n_with_begin,

    count(*) filter (limit_us >= 0) as limit_n,
    coalesce(sum(limit_us) filter (limit_us >= 0), 0) as limit_us,
    count(*) filter (queue_work_us >= 0) as queue_n,
    coalesce(sum(queue_work_us) filter (queue_work_us >= 0), 0) as queue_us,
    count(*) filter (since_previous_us >= 0) as since_previous_n,
    coalesce(sum(since_previous_us) filter (since_previous_us >= 0), 0) as since_previous_us

from runs

group by all
