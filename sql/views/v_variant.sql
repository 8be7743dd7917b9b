-- model: v_variant
-- grain: process_code, variant_id
-- kind:  view
-- why:   the ways that cases of a process take and how many take each
select
    variant_id,
    steps,
    n_steps,
    n_cases,
    n_cases / process_cases::double as share,
    process_code

from agg_variant
