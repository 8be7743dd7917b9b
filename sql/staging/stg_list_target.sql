-- model: stg_list_target
-- grain: metric_id, scope, scope_code, period, valid_from
-- kind:  table
-- why:   the list of targets, typed
select
    fields ->> '$.metric_id' as metric_id,
    fields ->> '$.scope' as scope,
    coalesce(nullif(fields ->> '$.scope_code', ''), '*') as scope_code,
    fields ->> '$.period' as period,
    coalesce(valid_from, date '0001-01-01') as valid_from,
    coalesce(valid_to, date '9999-12-31') as valid_to,

    nullif(fields ->> '$.target', '')::decimal(18, 6) as target,
    nullif(fields ->> '$.floor', '')::decimal(18, 6) as floor,
    nullif(fields ->> '$.unit', '') as unit,
    nullif(fields ->> '$.direction', '') as direction,
    nullif(fields ->> '$.source', '') as source,

    rev

from stg_list

where list = 'target'

qualify row_number() over (partition by metric_id, scope, scope_code, period, valid_from order by rev desc, file, line) = 1
