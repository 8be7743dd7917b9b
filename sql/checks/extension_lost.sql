-- check: extension_lost
-- severity: warn
-- why:   an extension in natural days moves no limit in working days, nor the other way round: nothing says how long one is
--        in the other. Somebody has to send it again in the unit of the limit
select
    case_id,
    owner_org,
    elapsed_unit,
    due_at

from fact_case

where extension_lost
