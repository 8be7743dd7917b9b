-- model: v_batch
-- grain: org_code, actor_id, process_code, step_code, since_at
-- kind:  view
-- why:   what was ended in one go in the last 90 days of the data: five runs or more, a minute apart at most. batches() takes
--        other spans and bounds
select *

from batches(local_date(as_of()) - 90, local_date(as_of()) + 1)
