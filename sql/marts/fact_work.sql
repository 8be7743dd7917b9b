-- model: fact_work
-- grain: record_id
-- kind:  parts
-- entity: record_id
-- order: record_id
-- why:   one duty record as its last phase left it; it counts while that phase is submit or review. What was done is what
--        the last event that tells it says, because a review need not repeat the report
with

placed as (

    select
        *,

        row_number() over in_order as nth,
        min(event_date) filter (phase = 'submit') over (partition by record_id) as submitted_date

    from stg_work

    window in_order as (partition by record_id order by event_time desc, seq desc nulls first, event_id desc, source desc)

),

-- each from the last event that carries it: min_by passes over nulls
told as (

    select
        record_id,

        min_by(list_kind, nth) as list_kind,
        min_by(case_id, nth) as case_id,
        min_by(goal_code, nth) as goal_code,
        min_by(body_code, nth) as body_code,
        min_by(quantity, nth) as quantity,
        min_by(minutes, nth) as minutes,
        min_by(start_at, nth) as start_at,
        min_by(end_at, nth) as end_at,
        min_by(result, nth) as result,
        min_by(collect_mode, nth) as collect_mode,
        min_by(evidence_n, nth) as evidence_n,
        min_by(text_hash, nth) as text_hash,
        min_by(text_len, nth) as text_len

    from placed

    group by all

),

-- without a list of tasks, what the sender says of its task is all that is known
task_list as (

    select count(*) > 0 as is_loaded

    from stg_list_task

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
        case
            when task.task_code is null and (told.list_kind is null or (told.list_kind = 'task' and task_list.is_loaded))
                then 'none'
            else coalesce(told.list_kind, 'task')
        end as list_kind,
        text_or_unknown(told.case_id) as case_id,
        text_or_unknown(told.goal_code) as goal_code,
        text_or_unknown(told.body_code) as body_code,

        placed.work_date,
        placed.submitted_date,
        date_diff('day', placed.work_date, placed.submitted_date) as delay_days,
        placed.phase,
        placed.phase in ('submit', 'review') as is_valid,
        told.result,
        told.collect_mode,
        placed.event_time as last_event_at,

        coalesce(told.quantity, 1)::decimal(18, 3) as quantity,
        told.minutes,
        task.std_minutes,
        told.start_at,
        told.end_at,
        placed.review_level,
        placed.review_score,
        told.evidence_n,
        told.text_hash,
        told.text_len

    from placed

    inner join told
        on placed.record_id = told.record_id

    cross join task_list

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
