-- model: agg_dfg_month
-- grain: month, org_code, process_code, from_step, to_step
-- kind:  sums
-- order: month, org_code, process_code, from_step, to_step
-- why:   the directly-follows graph by month and by the department that takes over, on both clocks: what a process map of a period is
--        drawn from. The working time of an edge is read on the calendar of the step that it leads to
select
    date_trunc('month', last_date)::date as month,
    org_code,
    process_code,
    previous_step as from_step,
    step_code as to_step,

    count(*) as n,
    sum(follows_us)::bigint as wall_us,
    sum(follows_work_us)::bigint as work_us

from fact_step_run

where previous_step is not null
    and not is_voided

group by all
