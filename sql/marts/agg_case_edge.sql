-- model: agg_case_edge
-- grain: month, process_code, edge, step_code
-- kind:  sums
-- order: month, process_code, edge, step_code
-- why:   the steps with which cases begin and end, by the month of that run
with

edges as (

    select
        date_trunc('month', run_date)::date as month,
        process_code,
        'start' as edge,
        step_code

    from fact_step_run

    where run_pos = 1
        and not is_voided

    union all

    select
        date_trunc('month', run_date)::date as month,
        process_code,
        'end' as edge,
        step_code

    from fact_step_run

    where next_step is null
        and not is_voided

)

select
    month,
    process_code,
    edge,
    step_code,

    count(*) as n

from edges

group by all
