-- model: v_dfg_month
-- grain: month, process_code, from_step, to_step
-- kind:  view
-- why:   which step follows which in a month, and after how long on the clock of the wall and of work
select
    month,
    process_code,
    from_step,
    to_step,
    sum(n) as n,
    seconds(sum(wall_us)) as total_s,
    seconds(sum(wall_us)) / sum(n) as mean_s,
    seconds(sum(work_us)) as total_work_s,
    seconds(sum(work_us)) / sum(n) as mean_work_s

from agg_dfg_month

group by all
