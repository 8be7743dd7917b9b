-- model: v_overlap
-- grain: period_grain, period, task_code
-- kind:  view
-- why:   the tasks that two or more sections did in a period, with the sections; M56 counts those that no boundary covers
select *

from agg_task_overlap

where n_sections > 1
