-- model: stg_list_task
-- grain: task_code, valid_from
-- kind:  table
-- why:   the list of duty tasks, typed
select
    fields ->> '$.task_code' as task_code,
    coalesce(valid_from, date '0001-01-01') as valid_from,
    coalesce(valid_to, date '9999-12-31') as valid_to,

    fields ->> '$.name' as name,
    nullif(fields ->> '$.duty_code', '') as duty_code,
    nullif(fields ->> '$.section_code', '') as section_code,
    nullif(fields ->> '$.frequency', '') as frequency,
    nullif(fields ->> '$.expected_per_period', '')::decimal(18, 3) as expected_per_period,
    nullif(fields ->> '$.std_minutes', '')::bigint as std_minutes,
    nullif(fields ->> '$.process_code', '') as process_code,

    rev

from stg_list

where list = 'task'

qualify row_number() over (partition by task_code, valid_from order by rev desc, file, line) = 1
