-- model: stg_list_code
-- grain: code_list, code, valid_from
-- kind:  table
-- why:   the labels of codes, typed
select
    fields ->> '$.list' as code_list,
    fields ->> '$.code' as code,
    coalesce(valid_from, date '0001-01-01') as valid_from,
    coalesce(valid_to, date '9999-12-31') as valid_to,

    nullif(fields ->> '$.label_zh', '') as label_zh,
    nullif(fields ->> '$.label_en', '') as label_en,
    nullif(fields ->> '$.order_no', '')::bigint as order_no,

    rev

from stg_list

where list = 'code'

qualify row_number() over (partition by code_list, code, valid_from order by rev desc, file, line) = 1
