-- model: stg_list_light_rule
-- grain: profile, order_no, valid_from
-- kind:  table
-- why:   the rules of lights, typed
select
    fields ->> '$.profile' as profile,
    (fields ->> '$.order')::integer as order_no,
    coalesce(valid_from, date '0001-01-01') as valid_from,
    coalesce(valid_to, date '9999-12-31') as valid_to,

    nullif(fields ->> '$.scope', '') as scope,
    nullif(fields ->> '$.condition', '') as condition,
    nullif(fields ->> '$.colour', '') as colour,
    nullif(fields ->> '$.audience', '') as audience,
    nullif(fields ->> '$.escalate_after', '')::decimal(18, 3) as escalate_after,
    nullif(fields ->> '$.escalate_unit', '') as escalate_unit,

    rev

from stg_list

where list = 'light_rule'

qualify row_number() over (partition by profile, order_no, valid_from order by rev desc, file, line) = 1
