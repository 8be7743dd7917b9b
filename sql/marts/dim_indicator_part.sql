-- model: dim_indicator_part
-- grain: set_code, code, part
-- kind:  table
-- order: set_code, code, part
-- why:   what indicators are computed from, by the row valid at the as-of time
select
    set_code,
    code,
    part,

    metric_id,
    variant,
    coalesce(share, 1) as share,
    floor,
    target,
    unit,
    valid_from,
    valid_to,
    valid_to > local_date(as_of()) as is_current

from stg_list_indicator_part

where valid_from <= local_date(as_of())

qualify row_number() over (partition by set_code, code, part order by valid_from desc) = 1
