-- model: v_step_run
-- grain: case_id, step_code, visit
-- kind:  view
-- why:   what analysts ask about the runs of steps, in seconds
select
    case_id,
    step_code,
    visit,

    arrived_at,
    claimed_at,
    started_at,
    ended_at,
    seconds(since_previous_us) as since_previous_s,
    seconds(case when not implied_start then queue_us end) as queue_s,
    seconds(case when implied_start then sojourn_us else step_us end) as step_s,
    seconds(case when implied_start then sojourn_work_us else step_work_us end) as step_work_s,

    region_code,
    sector_code,
    org_code,
    section_code,
    post_code,
    actor_id,
    implied_start,

    process_code,
    process_ver,
    claimed_work_basis,
    seconds(case when not implied_start then queue_work_us end) as queue_work_s,
    seconds(limit_work_us) as limit_s,
    seconds(case when limit_work_us is not null then greatest(0, sojourn_work_us - credit_work_us - limit_work_us) end) as overdue_work_s,
    implied_arrive,
    implied_end,

    result,
    approval_level,
    window_code,
    seconds(sojourn_us) as sojourn_s,
    seconds(sojourn_work_us) as sojourn_work_s,
    seconds(suspended_us) as suspended_s,
    seconds(suspended_work_us) as suspended_work_s,
    due_at,
    -- open and not due yet: not known
    case when ended_at is null and due_at <= as_of() then false else ended_in_time end as on_time,
    previous_step,
    next_step,
    previous_org,
    seconds(handover_us) as handover_s,
    seconds(handover_work_us) as handover_work_s,
    off_hours,
    ended_off_hours,
    is_voided

from fact_step_run
