-- model: fact_work
-- grain: record_id
-- kind:  parts
-- entity: record_id
-- order: record_id
-- why:   one duty record as its last phase left it; it counts while that phase is submit or review
with

placed as (

    select
        *,

        row_number() over in_order as nth,
        min(event_date) filter (phase = 'submit') over (partition by record_id) as submitted_date

    from stg_work

    window in_order as (partition by record_id order by event_time desc, seq desc nulls first, event_id desc, source desc)

),

known as (

    select
        placed.record_id,

        placed.region_code,
        coalesce(placed.sector_code, section_sector.sector_code, org_sector.sector_code, '~') as sector_code,
        placed.org_code,
        text_or_unknown(placed.section_code) as section_code,
        text_or_unknown(placed.post_code) as post_code,
        text_or_unknown(placed.actor_id) as actor_id,
        placed.task_code,
        coalesce(placed.list_kind, case when task.task_code is null then 'none' else 'task' end) as list_kind,
        text_or_unknown(placed.case_id) as case_id,
        text_or_unknown(placed.goal_code) as goal_code,
        text_or_unknown(placed.body_code) as body_code,

        placed.work_date,
        placed.submitted_date,
        date_diff('day', placed.work_date, placed.submitted_date) as delay_days,
        placed.phase,
        placed.phase in ('submit', 'review') as is_valid,
        placed.result,
        placed.collect_mode,
        placed.event_time as last_event_at,

        coalesce(placed.quantity, 1)::decimal(18, 3) as quantity,
        placed.minutes,
        task.std_minutes,
        placed.start_at,
        placed.end_at,
        placed.review_level,
        placed.review_score,
        placed.evidence_n,
        placed.text_hash,
        placed.text_len

    from placed

    left join stg_list_task as task
        on placed.task_code = task.task_code
        and placed.work_date >= task.valid_from
        and placed.work_date < task.valid_to

    left join int_org_sector as section_sector
        on placed.section_code = section_sector.org_code
        and placed.work_date >= section_sector.valid_from
        and placed.work_date < section_sector.valid_to

    left join int_org_sector as org_sector
        on placed.org_code = org_sector.org_code
        and placed.work_date >= org_sector.valid_from
        and placed.work_date < org_sector.valid_to

    where placed.nth = 1

)

select * from known
