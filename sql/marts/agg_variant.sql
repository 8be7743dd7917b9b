-- model: agg_variant
-- grain: process_code, variant_id
-- kind:  table
-- order: process_code, variant_id
-- why:   the ways that cases of a process take, ranked
select
    process_code,
    variant_id,
    n_cases,
    n_steps,
    steps,

    sum(n_cases) over (partition by process_code)::bigint as process_cases,
    row_number() over (
        partition by process_code
        order by n_cases desc, variant_id
    ) as rank

from agg_variant_case
