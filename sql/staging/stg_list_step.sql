-- model: stg_list_step
-- grain: process_code, ver, step_code, valid_from
-- kind:  table
-- why:   the list of the steps of processes, typed
select
    fields ->> '$.process_code' as process_code,
    (fields ->> '$.ver')::integer as ver,
    fields ->> '$.step_code' as step_code,
    coalesce(valid_from, date '0001-01-01') as valid_from,
    coalesce(valid_to, date '9999-12-31') as valid_to,

    fields ->> '$.name' as name,
    nullif(fields ->> '$.name_en', '') as name_en,
    nullif(fields ->> '$.milestone', '') as milestone,
    nullif(fields ->> '$.seq', '')::integer as seq,
    nullif(fields ->> '$.parent_step', '') as parent_step,
    coalesce(nullif(fields ->> '$.mandatory', '')::boolean, true) as mandatory,
    nullif(fields ->> '$.max_visits', '')::integer as max_visits,
    nullif(fields ->> '$.parallel_group', '') as parallel_group,
    nullif(fields ->> '$.role', '') as role,
    nullif(fields ->> '$.approval_level', '')::integer as approval_level,
    nullif(fields ->> '$.limit', '')::decimal(18, 3) as limit_n,
    nullif(fields ->> '$.unit', '') as limit_unit,
    nullif(fields ->> '$.predecessors', '') as predecessors,
    nullif(fields ->> '$.may_suspend', '')::boolean as may_suspend,

    rev

from stg_list

where list = 'step'

qualify row_number() over (partition by process_code, ver, step_code, valid_from order by rev desc, file, line) = 1
