-- check: negative_span
-- severity: warn
-- why:   a finish before its acceptance is wrong data of the sender; the case stays visible and out of the durations
select
    case_id,
    accepted_at,
    finished_at

from fact_case

where finished_at < accepted_at
