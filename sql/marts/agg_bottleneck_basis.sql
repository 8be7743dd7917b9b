-- model: agg_bottleneck_basis
-- grain: process_code
-- kind:  table
-- order: process_code
-- why:   the steps of a process are compared on one basis only: time over the limit if every step has one and any was
--        exceeded, else waiting time if every step tells its beginning, else the time since the step event before
with

runs as (

    select *

    from fact_step_run

    where not is_voided
        and not implied_end
        and ended_at is not null

),

steps as (

    select
        process_code,
        step_code,

        bool_and(limit_work_us is not null) as has_limit,
        coalesce(sum(greatest(0, sojourn_work_us - limit_work_us)), 0) as over_us,
        bool_or(queue_us is not null) as has_begin

    from runs

    group by all

),

processes as (

    select
        process_code,

        case
            when bool_and(has_limit) and sum(over_us) > 0 then 'limit'
            when bool_and(has_begin) then 'queue'
            else 'since_previous'
        end as basis

    from steps

    group by all

)

select * from processes
