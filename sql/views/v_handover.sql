-- model: v_handover
-- grain: level, from_code, to_code, process_code
-- kind:  view
-- why:   the hand-over matrix (M17): level says whether the codes are departments or sections
select
    level,
    from_code,
    to_code,
    sum(n) as n,
    sum(n_timed) as n_timed,
    seconds(sum(wall_us)) as total_s,
    seconds(sum(wall_us)) / nullif(sum(n_timed), 0) as mean_s,
    seconds(sum(work_us)) as total_work_s,
    seconds(sum(work_us)) / nullif(sum(n_timed), 0) as mean_work_s,
    process_code

from agg_handover

group by all
