-- model: v_rework
-- grain: process_code, step_code, org_code, kind
-- kind:  view
-- why:   what is done again: self_loop follows itself at once, step_ping_pong comes back over one other step, org_ping_pong
--        comes straight back from another department, return was sent back, repeat is any visit after the first
select
    process_code,
    step_code,
    org_code,
    kind,
    sum(n) as n

from agg_rework

group by all
