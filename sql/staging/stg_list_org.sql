-- model: stg_list_org
-- grain: org_code, valid_from
-- kind:  table
-- why:   the list of organisations, typed: departments, their sections and posts
select
    fields ->> '$.org_code' as org_code,
    coalesce(valid_from, date '0001-01-01') as valid_from,
    coalesce(valid_to, date '9999-12-31') as valid_to,

    fields ->> '$.name' as name,
    nullif(fields ->> '$.short_name', '') as short_name,
    nullif(fields ->> '$.region_code', '') as region_code,
    nullif(fields ->> '$.parent_org', '') as parent_org,
    nullif(fields ->> '$.kind', '') as kind,
    nullif(fields ->> '$.sector_code', '') as sector_code,
    nullif(fields ->> '$.staff_n', '')::bigint as staff_n,
    nullif(fields ->> '$.filled', '')::boolean as filled,
    nullif(fields ->> '$.calendar_id', '') as calendar_id,
    nullif(fields ->> '$.peer_group', '') as peer_group,
    nullif(fields ->> '$.order_no', '')::bigint as order_no,
    nullif(fields ->> '$.successor_code', '') as successor_code,
    nullif(fields ->> '$.name_en', '') as name_en,
    coalesce(nullif(fields ->> '$.mechanism_flag', '')::boolean, false) as mechanism_flag,

    rev

from stg_list

where list = 'org'

qualify row_number() over (partition by org_code, valid_from order by rev desc, file, line) = 1
