-- model: stg_list_calendar
-- grain: calendar_id, date, valid_from
-- kind:  table
-- why:   the list of calendars, typed: single days, and rows without a date that set the office hours of a season
select
    fields ->> '$.calendar_id' as calendar_id,
    nullif(fields ->> '$.date', '')::date as date,
    coalesce(valid_from, date '0001-01-01') as valid_from,
    coalesce(valid_to, date '9999-12-31') as valid_to,

    fields ->> '$.day_kind' as day_kind,
    nullif(fields ->> '$.intervals', '') as intervals,
    nullif(fields ->> '$.name', '') as name,

    rev

from stg_list

where list = 'calendar'

qualify row_number() over (partition by calendar_id, date, valid_from order by rev desc, file, line) = 1
