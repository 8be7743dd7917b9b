-- model: stg_list_boundary
-- grain: boundary_code, valid_from
-- kind:  table
-- why:   the list of boundaries between units, typed
select
    fields ->> '$.boundary_code' as boundary_code,
    coalesce(valid_from, date '0001-01-01') as valid_from,
    coalesce(valid_to, date '9999-12-31') as valid_to,

    nullif(fields ->> '$.name', '') as name,
    nullif(fields ->> '$.name_en', '') as name_en,
    nullif(fields ->> '$.scope', '') as scope,
    nullif(fields ->> '$.lead', '') as lead,
    nullif(fields ->> '$.peers', '') as peers,
    nullif(fields ->> '$.field', '') as field,
    nullif(fields ->> '$.task_codes', '') as task_codes,
    nullif(fields ->> '$.rule_text_ref', '') as rule_text_ref,
    nullif(fields ->> '$.process_code', '') as process_code,

    rev

from stg_list

where list = 'boundary'

qualify row_number() over (partition by boundary_code, valid_from order by rev desc, file, line) = 1
