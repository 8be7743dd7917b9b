-- model: v_suspicion
-- grain: kind, entity_id, step_code, seen_at
-- kind:  view
-- why:   what looks like entry after the fact or like finishing on paper, in the last 90 days of the data, with its evidence:
--        suspicions() takes other spans and bounds. None of it reaches a score before somebody confirmed it
select *

from suspicions(local_date(as_of()) - 90, local_date(as_of()) + 1)
