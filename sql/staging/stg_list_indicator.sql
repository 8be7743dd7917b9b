-- model: stg_list_indicator
-- grain: set_code, code, valid_from
-- kind:  table
-- why:   the indicators by which units are assessed, typed
select
    fields ->> '$.set' as set_code,
    fields ->> '$.code' as code,
    coalesce(valid_from, date '0001-01-01') as valid_from,
    coalesce(valid_to, date '9999-12-31') as valid_to,

    nullif(fields ->> '$.parent', '') as parent,
    nullif(fields ->> '$.name', '') as name,
    nullif(fields ->> '$.name_en', '') as name_en,
    nullif(fields ->> '$.class', '') as class,
    nullif(fields ->> '$.weight', '')::decimal(18, 3) as weight,
    nullif(fields ->> '$.cap', '')::decimal(18, 3) as cap,
    nullif(fields ->> '$.per', '') as per,
    coalesce(nullif(fields ->> '$.manual', '')::boolean, false) as manual,

    rev

from stg_list

where list = 'indicator'

qualify row_number() over (partition by set_code, code, valid_from order by rev desc, file, line) = 1
