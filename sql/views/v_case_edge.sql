-- model: v_case_edge
-- grain: process_code, edge, step_code
-- kind:  view
-- why:   the steps with which the cases of a process begin and end
with

summed as (

    select
        process_code,
        edge,
        step_code,

        sum(n) as n

    from agg_case_edge

    group by all

)

select
    process_code,
    edge,
    step_code,
    n,
    n / (sum(n) over (partition by process_code, edge))::double as share

from summed
