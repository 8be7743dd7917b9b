-- model: dim_duty
-- grain: duty_code
-- kind:  table
-- order: duty_code
-- why:   the duties by their row valid at the as-of time; tasks are what they were decomposed into
select
    duty_code,

    org_code,
    text,
    coalesce(text_en, text) as text_en,
    source,
    valid_from,
    valid_to,
    valid_to > local_date(as_of()) as is_current

from stg_list_duty

where valid_from <= local_date(as_of())

qualify row_number() over (partition by duty_code order by valid_from desc) = 1
