-- model: dim_item
-- grain: item_code
-- kind:  table
-- order: item_code
-- why:   the powers and service items by their row valid at the as-of time
select
    item_code,

    name,
    coalesce(name_en, name) as name_en,
    kind,
    coalesce(task_code, '~') as task_code,
    org_code,
    promised_limit,
    promised_unit,
    statutory_limit,
    statutory_unit,
    suspend_limits,
    materials_n,
    formalities_n,
    certificates_n,
    windows_n,
    visits_n,
    expected_per_period,
    guide_updated_at,
    executing_level,
    coalesce(service_kind, '~') as service_kind,
    coalesce(importance, '~') as importance,
    classes,
    policy_code,
    valid_from,
    valid_to,
    valid_to > local_date(as_of()) as is_current

from stg_list_power

where valid_from <= local_date(as_of())

qualify row_number() over (partition by item_code order by valid_from desc) = 1
