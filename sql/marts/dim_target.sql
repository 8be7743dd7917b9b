-- model: dim_target
-- grain: metric_id, scope, scope_code, period
-- kind:  table
-- order: metric_id, scope, scope_code, period
-- why:   the targets by their row valid at the as-of time; scope_code is '*' for everybody
select
    metric_id,
    scope,
    scope_code,
    period,

    target,
    floor,
    unit,
    direction,
    source,
    valid_from,
    valid_to,
    valid_to > local_date(as_of()) as is_current

from stg_list_target

where valid_from <= local_date(as_of())

qualify row_number() over (partition by metric_id, scope, scope_code, period order by valid_from desc) = 1
