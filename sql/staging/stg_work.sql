-- model: stg_work
-- grain: source, event_id, record_id
-- kind:  table
-- entity: record_id
-- why:   one row per reported event of a duty record, by the rules of stg_step
with

delivered as (

    select
        work.*,

        case
            when work.op = 'delete' and work.rev is null
                then max(coalesce(work.rev, 0)) over (
                    partition by work.source, work.event_id, work.record_id
                    order by work._kafka_ts, work._cluster, work._topic, work._partition, work._offset
                    rows between unbounded preceding and current row
                )
            else coalesce(work.rev, 0)
        end as revision,

    from lake.work

    where work._cluster not in (select cluster from stg_void)

),

winners as (

    select *

    from delivered

    qualify
        row_number() over (
            partition by source, event_id, record_id
            order by
                revision desc,
                op is not distinct from 'delete' desc,
                _kafka_ts desc,
                _cluster desc,
                _topic desc,
                _partition desc,
                _offset desc
        ) = 1

),

valid as (

    select
        source,
        event_id,
        record_id,

        phase,
        event_time,
        local_date(event_time) as event_date,
        seq,

        region_code,
        org_code,
        section_code,
        post_code,
        actor_id,
        sector_code,

        work_date,
        task_code,
        list_kind,
        quantity,
        minutes,
        start_at,
        end_at,
        result,
        review_level,
        review_score,
        collect_mode,
        case_id,
        goal_code,
        body_code,
        evidence_n,
        text_hash,
        text_len

    from winners

    where
        op is distinct from 'delete'
        and is_test is distinct from true
        and event_time <= as_of()

)

select * from valid
