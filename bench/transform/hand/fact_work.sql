-- One row per duty record, straight from the lake.
-- sums: count(*) as n, sum(quantity) as quantity, sum(minutes) as minutes, sum(delay_days) as delay_days,
--   count(*) filter (is_valid) as valid, sum(std_minutes) as std_minutes, sum(hash(sector_code) % 1000) as sectors,
--   sum(hash(post_code) % 1000) as posts, sum(epoch_us(last_event_at)) as last_us
with event as (
    select * from lake.work
    qualify row_number() over (
        partition by source, event_id, record_id
        order by coalesce(rev, 0) desc, op is not distinct from 'delete' desc, _kafka_ts desc, _partition desc, _offset desc
    ) = 1
),
numbered as (
    select
        *,
        row_number() over (partition by record_id order by event_time desc, seq desc nulls first, event_id desc, source desc) as nth
    from event
    where op is distinct from 'delete' and is_test is distinct from true and event_time <= as_of()
),
record as (
    select
        record_id,
        min_by(list_kind, nth) as list_kind, min_by(case_id, nth) as case_id, min_by(quantity, nth) as quantity,
        min_by(minutes, nth) as minutes, min_by(start_at, nth) as start_at, min_by(end_at, nth) as end_at,
        min_by(result, nth) as result, min_by(collect_mode, nth) as collect_mode, min_by(evidence_n, nth) as evidence_n,
        min_by(text_hash, nth) as text_hash, min_by(text_len, nth) as text_len, min_by(goal_code, nth) as goal_code,
        min_by(body_code, nth) as body_code, min_by(phase, nth) as phase, max(event_time) as last_event_at,
        min(local_date(event_time)) filter (phase = 'submit') as submitted_date,
        min_by(review_level, nth) as review_level, min_by(review_score, nth) as review_score,
        coalesce(min(nth) filter (phase = 'submit'), 1) as told_by
    from numbered
    group by record_id
)
select
    record.record_id,
    report.region_code, report.org_code, coalesce(report.section_code, '~') as section_code,
    coalesce(report.post_code, '~') as post_code, coalesce(report.actor_id, '~') as actor_id,
    coalesce(report.sector_code, section_sector.sector_code, org_sector.sector_code, '~') as sector_code,
    report.task_code,
    case when task.task_code is null and coalesce(record.list_kind, 'task') = 'task' then 'none' else coalesce(record.list_kind, 'task') end as list_kind,
    record.case_id, record.goal_code, record.body_code,
    report.work_date, record.submitted_date, date_diff('day', report.work_date, record.submitted_date) as delay_days,
    record.phase, record.phase in ('submit', 'review') as is_valid, record.result, record.collect_mode, record.last_event_at,
    coalesce(record.quantity, 1)::decimal(18, 3) as quantity, record.minutes, task.std_minutes, record.start_at, record.end_at,
    record.review_level, record.review_score, record.evidence_n, record.text_hash, record.text_len
from record
join numbered as report on report.record_id = record.record_id and report.nth = record.told_by
left join stg_list_task as task
    on task.task_code = report.task_code and report.work_date >= task.valid_from and report.work_date < task.valid_to
left join int_org_sector as section_sector
    on section_sector.org_code = report.section_code and report.work_date >= section_sector.valid_from and report.work_date < section_sector.valid_to
left join int_org_sector as org_sector
    on org_sector.org_code = report.org_code and report.work_date >= org_sector.valid_from and report.work_date < org_sector.valid_to
