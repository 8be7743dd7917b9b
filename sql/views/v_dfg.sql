-- model: v_dfg
-- grain: process_code, from_step, to_step
-- kind:  view
-- why:   which step follows which, how often and after how long: seconds between the ends of consecutive runs
select
    from_step,
    to_step,
    n,
    seconds(total_us) as total_s,
    seconds(total_us) / n as mean_s,
    seconds(p50_us) as p50_s,
    process_code

from agg_dfg
