-- model: fact_work
-- grain: record_id
-- kind:  parts
-- entity: record_id
-- order: record_id
-- why:   one duty record as its last phase left it; it counts while that phase is submit or review. What was done is what
--        the last event that tells it says, because a review need not repeat the report. Who did it, where and when is
--        what the last submission says: a review carries the post of the reviewer, whose work it is not
with

-- only what orders is sorted; the rest joins by the number of the row in its table, the cheapest key there is
ordered as (

    select
        rowid as event_row,

        row_number() over in_order as nth

    from stg_work

    window in_order as (partition by record_id order by event_time desc, seq desc nulls first, event_id desc, source desc)

),

placed as (

    select
        event.*,

        ordered.nth

    from stg_work as event

    inner join ordered
        on event.rowid = ordered.event_row

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
        min_by(text_len, nth) as text_len,
        min_by(phase, nth) as phase,
        min_by(event_time, nth) as last_event_at,
        min(event_date) filter (phase = 'submit') as submitted_date,
        min(event_time) filter (phase = 'submit') as submitted_at,
        min_by(review_level, nth) as review_level,
        min_by(review_score, nth) as review_score,
        min(nth) filter (review_score is not null or review_level is not null) as reviewed_by,
        min_by(text_or_unknown(post_code), nth) filter (phase = 'review') as reviewer_post,
        min(nth) filter (phase = 'review') as looked_at_by,
        -- without any submission the last event has to say whose the record is
        coalesce(min(nth) filter (phase = 'submit'), 1) as told_by

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
        report.record_id,

        report.region_code,
        coalesce(report.sector_code, section_sector.sector_code, org_sector.sector_code, '~') as sector_code,
        report.org_code,
        text_or_unknown(report.section_code) as section_code,
        text_or_unknown(report.post_code) as post_code,
        text_or_unknown(report.actor_id) as actor_id,
        report.task_code,
        case
            when task.task_code is null and (told.list_kind is null or (told.list_kind = 'task' and task_list.is_loaded))
                then 'none'
            else coalesce(told.list_kind, 'task')
        end as list_kind,
        text_or_unknown(told.case_id) as case_id,
        text_or_unknown(told.goal_code) as goal_code,
        text_or_unknown(told.body_code) as body_code,

        report.work_date,
        told.submitted_date,
        told.submitted_at,
        date_diff('day', report.work_date, told.submitted_date) as delay_days,
        told.phase,
        told.phase in ('submit', 'review') as is_valid,
        told.result,
        told.collect_mode,
        told.last_event_at,

        coalesce(told.quantity, 1)::decimal(18, 3) as quantity,
        told.minutes,
        task.std_minutes,
        told.start_at,
        told.end_at,
        -- what was filled in anew has not been reviewed, whatever was thought of it before
        case when told.reviewed_by <= told.told_by then told.review_level end as review_level,
        case when told.reviewed_by <= told.told_by then told.review_score end as review_score,
        case when told.looked_at_by <= told.told_by then told.reviewer_post else '~' end as reviewer_post,
        told.evidence_n,
        told.text_hash,
        told.text_len

    from placed as report

    inner join told
        on report.record_id = told.record_id
        and report.nth = told.told_by

    cross join task_list

    left join stg_list_task as task
        on report.task_code = task.task_code
        and report.work_date >= task.valid_from
        and report.work_date < task.valid_to

    left join int_org_sector as section_sector
        on report.section_code = section_sector.org_code
        and report.work_date >= section_sector.valid_from
        and report.work_date < section_sector.valid_to

    left join int_org_sector as org_sector
        on report.org_code = org_sector.org_code
        and report.work_date >= org_sector.valid_from
        and report.work_date < org_sector.valid_to

)

select * from known
