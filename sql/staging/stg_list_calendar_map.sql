-- model: stg_list_calendar_map
-- grain: scope, code, valid_from
-- kind:  table
-- why:   which organisation or region uses which calendar, typed
select
    fields ->> '$.scope' as scope,
    fields ->> '$.code' as code,
    coalesce(valid_from, date '0001-01-01') as valid_from,
    coalesce(valid_to, date '9999-12-31') as valid_to,

    fields ->> '$.calendar_id' as calendar_id,

    rev

from stg_list

where list = 'calendar_map'

qualify row_number() over (partition by scope, code, valid_from order by rev desc, file, line) = 1
