-- model: stg_list_power
-- grain: item_code, valid_from
-- kind:  table
-- why:   the list of powers and service items, typed
select
    fields ->> '$.item_code' as item_code,
    coalesce(valid_from, date '0001-01-01') as valid_from,
    coalesce(valid_to, date '9999-12-31') as valid_to,

    nullif(fields ->> '$.name', '') as name,
    nullif(fields ->> '$.name_en', '') as name_en,
    nullif(fields ->> '$.kind', '') as kind,
    nullif(fields ->> '$.task_code', '') as task_code,
    nullif(fields ->> '$.org_code', '') as org_code,
    nullif(fields ->> '$.promised_limit', '')::decimal(18, 3) as promised_limit,
    nullif(fields ->> '$.promised_unit', '') as promised_unit,
    nullif(fields ->> '$.statutory_limit', '')::decimal(18, 3) as statutory_limit,
    nullif(fields ->> '$.statutory_unit', '') as statutory_unit,
    nullif(fields ->> '$.suspend_limits', '') as suspend_limits,
    nullif(fields ->> '$.materials_n', '')::bigint as materials_n,
    nullif(fields ->> '$.formalities_n', '')::bigint as formalities_n,
    nullif(fields ->> '$.certificates_n', '')::bigint as certificates_n,
    nullif(fields ->> '$.windows_n', '')::bigint as windows_n,
    nullif(fields ->> '$.visits_n', '')::bigint as visits_n,
    nullif(fields ->> '$.expected_per_period', '')::decimal(18, 3) as expected_per_period,
    nullif(fields ->> '$.guide_updated_at', '')::date as guide_updated_at,
    nullif(fields ->> '$.executing_level', '')::integer as executing_level,
    nullif(fields ->> '$.service_kind', '') as service_kind,
    nullif(fields ->> '$.importance', '') as importance,
    nullif(fields ->> '$.classes', '') as classes,
    nullif(fields ->> '$.policy_code', '') as policy_code,

    rev

from stg_list

where list = 'power'

qualify row_number() over (partition by item_code, valid_from order by rev desc, file, line) = 1
