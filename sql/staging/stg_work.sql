-- model: stg_work
-- grain: source, event_id, record_id
-- kind:  table
-- entity: record_id
-- why:   one row per reported event of a duty record, by the rules of stg_step
with

delivered as not materialized (

    select work.*

    from lake.work as work

    anti join stg_void
        on work._cluster = stg_void.cluster

),

-- few keys come more than once; a hash is enough to find them, and those that share one by chance are told apart below
repeated_hash as (

    select hash(source, event_id, record_id) as key_hash

    from delivered

    group by all

    having count(*) > 1

),

-- narrow rows are ranked, and the wide ones are read once. A delivery is in the lake once, or again after the ledger was
-- reset: its key and the time of reading name its row
repeated as (

    select
        delivered.source,
        delivered.event_id,
        delivered.record_id,

        delivered.op,
        delivered.rev,
        delivered._kafka_ts,
        delivered._cluster,
        delivered._topic,
        delivered._partition,
        delivered._offset,
        delivered._ingest_ts

    from delivered

    inner join repeated_hash
        on hash(delivered.source, delivered.event_id, delivered.record_id) = repeated_hash.key_hash

),

revised as (

    select
        *,

        -- a delete that names no revision takes back all that was received before it
        case
            when op = 'delete' and rev is null
                then max(coalesce(rev, 0)) over (
                    partition by source, event_id, record_id
                    order by
                        _kafka_ts,
                        _cluster,
                        _topic,
                        _partition,
                        _offset
                    rows between unbounded preceding and current row
                )
            else coalesce(rev, 0)
        end as revision

    from repeated

),

losing as (

    select
        _cluster,
        _topic,
        _partition,
        _offset,
        _ingest_ts

    from revised

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
                _offset desc,
                _ingest_ts desc
        ) > 1

),

winning as (

    select delivered.*

    from delivered

    anti join losing
        on delivered._offset = losing._offset
        and delivered._partition = losing._partition
        and delivered._topic = losing._topic
        and delivered._cluster = losing._cluster
        and delivered._ingest_ts = losing._ingest_ts

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

    from winning

    where
        op is distinct from 'delete'
        and is_test is distinct from true
        and event_time <= as_of()

)

select * from valid
