-- model: stg_list_region
-- grain: region_code, valid_from
-- kind:  table
-- why:   the list of regions, typed
select
    fields ->> '$.region_code' as region_code,
    coalesce(valid_from, date '0001-01-01') as valid_from,
    coalesce(valid_to, date '9999-12-31') as valid_to,

    fields ->> '$.name' as name,
    nullif(fields ->> '$.name_en', '') as name_en,
    nullif(fields ->> '$.parent', '') as parent_code,
    nullif(fields ->> '$.level', '')::integer as level,
    nullif(fields ->> '$.peer_group', '') as peer_group,
    nullif(fields ->> '$.population', '')::bigint as population,
    coalesce(nullif(fields ->> '$.external', '')::boolean, false) as external,
    nullif(fields ->> '$.limit_clock', '') as limit_clock,
    nullif(fields ->> '$.cap_suspension', '')::boolean as cap_suspension,

    rev

from stg_list

where list = 'region'

qualify row_number() over (partition by region_code, valid_from order by rev desc, file, line) = 1
