-- model: v_bottleneck
-- grain: process_code, step_code
-- kind:  view
-- why:   where each process loses its time (M37), in the basis that the row names
select
    process_code,
    step_code,
    n,
    seconds(total_us) as total_s,
    case when process_us > 0 then total_us / process_us::double end as share,
    rank,
    basis

from agg_bottleneck
