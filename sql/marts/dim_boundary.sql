-- model: dim_boundary
-- grain: boundary_code
-- kind:  table
-- order: boundary_code
-- why:   the boundaries between units by their row valid at the as-of time
select
    boundary_code,

    coalesce(name, field, boundary_code) as name,
    name_en,
    scope,
    lead,
    peers,
    field,
    task_codes,
    rule_text_ref,
    process_code,
    valid_from,
    valid_to,
    valid_to > local_date(as_of()) as is_current

from stg_list_boundary

where valid_from <= local_date(as_of())

qualify row_number() over (partition by boundary_code order by valid_from desc) = 1
