-- model: v_work
-- grain: record_id
-- kind:  view
-- why:   the duty records with the names of what they point at
select
    work.record_id,
    work.work_date,
    date_trunc('month', work.work_date)::date as month,

    work.region_code,
    work.sector_code,
    work.org_code,
    work.section_code,
    work.post_code,
    work.actor_id,
    work.task_code,
    task.name as task_name,
    work.list_kind,
    work.case_id,
    work.goal_code,
    work.body_code,

    work.phase,
    work.is_valid,
    work.result,
    work.collect_mode,
    work.quantity,
    work.minutes,
    work.std_minutes,
    work.start_at,
    work.end_at,
    work.submitted_date,
    work.delay_days,
    work.review_level,
    work.review_score,
    work.reviewer_post,
    work.evidence_n,
    work.last_event_at

from fact_work as work

left join dim_task as task
    on work.task_code = task.task_code
