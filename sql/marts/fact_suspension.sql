-- model: fact_suspension
-- grain: case_id, suspend_id, nth
-- kind:  parts
-- entity: case_id
-- order: case_id, pos
-- why:   special procedures stop the clock, so how long they took, against their own limit, must be seen by kind and agent
select
    suspension.case_id,
    suspension.suspend_id,
    suspension.nth::integer as nth,
    suspension.pos,

    head.region_code,
    head.sector_code,
    head.owner_org,
    text_or_unknown(head.section_code) as section_code,
    head.process_code,
    text_or_unknown(head.item_code) as item_code,
    suspension.suspend_kind,
    text_or_unknown(suspension.agent_org) as agent_org,
    text_or_unknown(suspension.step_code) as step_code,
    suspension.suspend_limit as limit_n,
    suspension.limit_unit,

    suspension.started_at,
    suspension.ended_at,
    suspension.from_date as started_date,
    timezone(zone(), suspension.limit_lt) as limit_at,
    suspension.not_closed,
    head.finish_kind is not distinct from 'voided' as is_voided,

    us_between(suspension.started_at, suspension.ended_at) as actual_us,
    suspension.ended_work_us - suspension.from_work_us as actual_work_us,
    suspension.credit_work_us - suspension.from_work_us as credited_work_us,
    coalesce(suspension.ended_lt > suspension.limit_lt, false) as over_limit

from int_suspension as suspension

inner join int_case as head
    on suspension.case_id = head.case_id
