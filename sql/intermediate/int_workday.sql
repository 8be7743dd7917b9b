-- model: int_workday
-- grain: calendar_id, work_seq
-- kind:  table
-- order: calendar_id, work_seq
-- why:   limits are found by their number of working days, or by the working time that they end in
select *

from int_day

where is_work
