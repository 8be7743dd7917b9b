-- model: stg_list_duty
-- grain: duty_code, valid_from
-- kind:  table
-- why:   the list of duties, typed
select
    fields ->> '$.duty_code' as duty_code,
    coalesce(valid_from, date '0001-01-01') as valid_from,
    coalesce(valid_to, date '9999-12-31') as valid_to,

    nullif(fields ->> '$.org_code', '') as org_code,
    nullif(fields ->> '$.text', '') as text,
    nullif(fields ->> '$.text_en', '') as text_en,
    nullif(fields ->> '$.source', '') as source,

    rev

from stg_list

where list = 'duty'

qualify row_number() over (partition by duty_code, valid_from order by rev desc, file, line) = 1
