-- model: dim_light_rule
-- grain: profile, order_no
-- kind:  table
-- order: profile, order_no
-- why:   the rules of lights by their row valid at the as-of time
select
    profile,
    order_no,

    scope,
    condition,
    colour,
    audience,
    escalate_after,
    escalate_unit,
    valid_from,
    valid_to,
    valid_to > local_date(as_of()) as is_current

from stg_list_light_rule

where valid_from <= local_date(as_of())

qualify row_number() over (partition by profile, order_no order by valid_from desc) = 1
