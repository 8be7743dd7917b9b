-- model: stg_list_indicator_part
-- grain: set_code, code, part, valid_from
-- kind:  table
-- why:   what indicators are computed from, typed
select
    fields ->> '$.set' as set_code,
    fields ->> '$.code' as code,
    (fields ->> '$.part')::integer as part,
    coalesce(valid_from, date '0001-01-01') as valid_from,
    coalesce(valid_to, date '9999-12-31') as valid_to,

    nullif(fields ->> '$.metric_id', '') as metric_id,
    nullif(fields ->> '$.variant', '') as variant,
    nullif(fields ->> '$.share', '')::bigint as share,
    nullif(fields ->> '$.floor', '')::decimal(18, 6) as floor,
    nullif(fields ->> '$.target', '')::decimal(18, 6) as target,
    nullif(fields ->> '$.unit', '') as unit,

    rev

from stg_list

where list = 'indicator_part'

qualify row_number() over (partition by set_code, code, part, valid_from order by rev desc, file, line) = 1
