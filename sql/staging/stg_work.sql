-- model: stg_work
-- grain: source, event_id, record_id
-- kind:  table
-- entity: record_id
-- why:   one row per reported event of a duty record, by the rules of stg_step
with

delivered as (

    select *

    from lake.work

    where _cluster not in (select cluster from stg_void)

),

-- few keys come more than once: only their rows are sorted, and those wide ones that need not be are not
repeated_keys as (

    select
        source,
        event_id,
        record_id

    from delivered

    group by all

    having count(*) > 1

),

single as (

    select delivered.*

    from delivered

    left join repeated_keys
        on delivered.source = repeated_keys.source
        and delivered.event_id = repeated_keys.event_id
        and delivered.record_id = repeated_keys.record_id

    where repeated_keys.record_id is null

),

repeated as (

    select
        delivered.*,

        -- a delete that names no revision takes back all that was received before it
        case
            when delivered.op = 'delete' and delivered.rev is null
                then max(coalesce(delivered.rev, 0)) over (
                    partition by delivered.source, delivered.event_id, delivered.record_id
                    order by
                        delivered._kafka_ts,
                        delivered._cluster,
                        delivered._topic,
                        delivered._partition,
                        delivered._offset
                    rows between unbounded preceding and current row
                )
            else coalesce(delivered.rev, 0)
        end as revision

    from delivered

    inner join repeated_keys
        on delivered.source = repeated_keys.source
        and delivered.event_id = repeated_keys.event_id
        and delivered.record_id = repeated_keys.record_id

),

winning as (

    select *

    from repeated

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

winners as (

    select * from single

    union all

    select * exclude (revision) from winning

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
