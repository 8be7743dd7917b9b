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
    implied_end

from fact_step_run
