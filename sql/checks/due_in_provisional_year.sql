-- check: due_in_provisional_year
-- severity: warn
-- why:   the due day lies in a year whose holidays are not announced yet, so it may still move
select
    case_id,
    due_at

from fact_case

where calendar_provisional
    and due_basis = 'computed'
