-- check: extended_too_far
-- severity: warn
-- why:   the law lets a statutory limit be extended by 10 working days, 15 when departments handle a case together; what
--        is beyond does not move the due time
select
    case_id,
    service_kind,
    statutory_limit,
    statutory_due_at

from fact_case

where extended_too_far
