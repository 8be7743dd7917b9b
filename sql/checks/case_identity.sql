-- check: case_identity
-- severity: error
-- why:   gross = net + suspended holds only while suspended time lies inside the span; more than the span means that
--        overlapping procedures were counted twice
select
    case_id,
    work_us,
    suspended_work_us,
    wall_us,
    suspended_us

from fact_case

where work_us >= 0
    and wall_us >= 0
    and (suspended_work_us > work_us or suspended_us > wall_us or suspended_us < 0 or suspended_work_us < 0)
