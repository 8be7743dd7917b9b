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
    nullif(fields ->> '$.name_en', '') as name_en,
    nullif(fields ->> '$.post_codes', '') as post_codes,
    coalesce(nullif(fields ->> '$.risk_policy', '')::boolean, false) as risk_policy,
    coalesce(nullif(fields ->> '$.risk_discretion', '')::boolean, false) as risk_discretion,
    coalesce(nullif(fields ->> '$.risk_integrity', '')::boolean, false) as risk_integrity,
    coalesce(nullif(fields ->> '$.has_scope', '')::boolean, false) as has_scope,
    coalesce(nullif(fields ->> '$.has_procedure', '')::boolean, false) as has_procedure,
    coalesce(nullif(fields ->> '$.has_limit', '')::boolean, false) as has_limit,
    coalesce(nullif(fields ->> '$.has_standard', '')::boolean, false) as has_standard,
    coalesce(nullif(fields ->> '$.spec_flag', '')::boolean, false) as spec_flag,
    coalesce(nullif(fields ->> '$.chart_flag', '')::boolean, false) as chart_flag,

    rev

from stg_list

where list = 'task'

qualify row_number() over (partition by task_code, valid_from order by rev desc, file, line) = 1
