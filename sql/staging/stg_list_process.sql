-- model: stg_list_process
-- grain: process_code, ver, valid_from
-- kind:  table
-- why:   the list of processes, typed, with the limits of a whole case
select
    fields ->> '$.process_code' as process_code,
    (fields ->> '$.ver')::integer as ver,
    coalesce(valid_from, date '0001-01-01') as valid_from,
    coalesce(valid_to, date '9999-12-31') as valid_to,

    fields ->> '$.name' as name,
    nullif(fields ->> '$.name_en', '') as name_en,
    nullif(fields ->> '$.parent', '') as parent_code,
    nullif(fields ->> '$.importance', '') as importance,
    nullif(fields ->> '$.baseline_of', '')::integer as baseline_of,
    nullif(fields ->> '$.item_code', '') as item_code,
    nullif(fields ->> '$.task_code', '') as task_code,
    nullif(fields ->> '$.org_code', '') as org_code,
    nullif(fields ->> '$.service_kind', '') as service_kind,
    nullif(fields ->> '$.promised_limit', '')::decimal(18, 3) as promised_limit,
    nullif(fields ->> '$.promised_unit', '') as promised_unit,
    nullif(fields ->> '$.statutory_limit', '')::decimal(18, 3) as statutory_limit,
    nullif(fields ->> '$.statutory_unit', '') as statutory_unit,

    rev

from stg_list

where list = 'process'

qualify row_number() over (partition by process_code, ver, valid_from order by rev desc, file, line) = 1
