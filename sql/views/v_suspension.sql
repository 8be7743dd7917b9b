-- model: v_suspension
-- grain: case_id, suspend_id, nth
-- kind:  view
-- why:   the special procedures one by one, in seconds, with what they took and what of it moved the due time
select
    case_id,
    suspend_id,
    nth,

    region_code,
    sector_code,
    owner_org,
    section_code,
    process_code,
    item_code,
    suspend_kind,
    agent_org,
    step_code,

    started_at,
    ended_at,
    limit_n,
    limit_unit,
    limit_at,
    not_closed,
    over_limit,

    seconds(actual_us) as actual_s,
    seconds(actual_work_us) as actual_work_s,
    seconds(credited_work_us) as credited_work_s

from fact_suspension

where not is_voided
