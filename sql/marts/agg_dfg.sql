-- model: agg_dfg
-- grain: process_code, from_step, to_step
-- kind:  sums
-- order: process_code, from_step, to_step
-- why:   the directly-follows graph of every process, on the clocks of the wall and of work
select
    process_code,
    previous_step as from_step,
    step_code as to_step,

    count(*) as n,
    sum(follows_us) as total_us,
    sum(follows_work_us)::bigint as total_work_us

from fact_step_run

where previous_step is not null
    and not is_voided

group by all
