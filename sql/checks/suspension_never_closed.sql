-- check: suspension_never_closed
-- severity: warn
-- why:   a special procedure that nobody closed is ended by the case, and its credit cut at its limit
select
    case_id,
    suspend_id,
    started_at

from fact_suspension

where not_closed
    and ended_at is not null
