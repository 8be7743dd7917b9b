-- model: stg_list_sector
-- grain: sector_code, valid_from
-- kind:  table
-- why:   the list of sectors, typed: the administrative lines that departments of all levels share
select
    fields ->> '$.sector_code' as sector_code,
    coalesce(valid_from, date '0001-01-01') as valid_from,
    coalesce(valid_to, date '9999-12-31') as valid_to,

    fields ->> '$.name' as name,
    nullif(fields ->> '$.parent', '') as parent_code,
    nullif(fields ->> '$.name_en', '') as name_en,
    nullif(fields ->> '$.gb4754', '') as gb4754,

    rev

from stg_list

where list = 'sector'

qualify row_number() over (partition by sector_code, valid_from order by rev desc, file, line) = 1
