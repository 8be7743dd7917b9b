-- model: v_conformance
-- grain: case_id
-- kind:  view
-- why:   how often each case that has a definition left it, by rule; a case without a row could not be judged
select
    case_id,
    process_code,
    process_ver,
    conforms,
    n_missing,
    n_disordered,
    n_superfluous,
    n_unauthorised,
    n_over_limit

from fact_conformance
