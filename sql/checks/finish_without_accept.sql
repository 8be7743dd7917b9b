-- check: finish_without_accept
-- severity: warn
-- why:   a case that ends without having begun is in no completion rate (M94)
select
    case_id,
    finished_at

from fact_case

where finished_at is not null
    and accepted_at is null
