-- model: fact_suspension
-- grain: case_id, suspend_id, nth
-- kind:  parts
-- entity: case_id
-- order: case_id, pos
-- why:   special procedures stop the clock, so how long they took, against their own limit, must be seen by kind and agent
select
    case_id,
    suspend_id,
    nth::integer as nth,
    pos,

    suspend_kind,
    text_or_unknown(agent_org) as agent_org,
    text_or_unknown(step_code) as step_code,
    suspend_limit as limit_n,
    limit_unit,

    started_at,
    ended_at,
    timezone(zone(), limit_lt) as limit_at,
    not_closed,

    us_between(started_at, ended_at) as actual_us,
    ended_work_us - from_work_us as actual_work_us,
    credit_work_us - from_work_us as credited_work_us,
    coalesce(ended_lt > limit_lt, false) as over_limit

from int_suspension
