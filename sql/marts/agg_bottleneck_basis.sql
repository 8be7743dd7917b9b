-- model: agg_bottleneck_basis
-- grain: process_code
-- kind:  table
-- order: process_code
-- why:   the steps of a process are compared on one basis only: time over the limit if every step has one and any was
--        exceeded, else waiting time if every step tells its beginning, else the time since the step event before
with

steps as (

    select
        process_code,
        step_code,

        sum(n_without_limit) = 0 as has_limit,
        sum(over_us) as over_us,
        sum(n_with_begin) > 0 as has_begin

    from agg_bottleneck_month

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
