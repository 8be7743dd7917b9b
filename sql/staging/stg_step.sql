-- model: stg_step
-- grain: source, event_id, case_id
-- kind:  table
-- entity: case_id
-- why:   one row per business event: the winning revision, not deleted, no test, not from a voided load, not after the
--        as-of time. Deliveries repeat, come late and come corrected; nobody behind this model has to know
with

delivered as not materialized (

    select step.*

    from lake.step as step

    anti join stg_void
        on step._cluster = stg_void.cluster

),

-- few keys come more than once; a hash is enough to find them, and those that share one by chance are told apart below
repeated_hash as (

    select hash(source, event_id, case_id) as key_hash

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
        delivered.case_id,

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
        on hash(delivered.source, delivered.event_id, delivered.case_id) = repeated_hash.key_hash

),

revised as (

    select
        *,

        -- a delete that names no revision takes back all that was received before it
        case
            when op = 'delete' and rev is null
                then max(coalesce(rev, 0)) over (
                    partition by source, event_id, case_id
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
            partition by source, event_id, case_id
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
        case_id,

        action,
        event_time,
        seq,
        case action
            when 'submit' then 1
            when 'pre_accept' then 2
            when 'correct_notice' then 3
            when 'correct_done' then 4
            when 'refuse' then 5
            when 'accept' then 6
            when 'reopen' then 7
            when 'step_arrive' then 10
            when 'step_claim' then 11
            when 'step_start' then 12
            when 'suspend_start' then 13
            when 'suspend_end' then 14
            when 'step_end' then 15
            when 'return' then 16
            when 'finish' then 30
            when 'certify' then 31
            when 'deliver' then 32
            when 'void' then 33
            else 20
        end as action_rank,

        region_code,
        org_code,
        section_code,
        post_code,
        actor_id,
        sector_code,
        lead_org,
        parent_case_id,
        origin_region_code,
        origin_case_id,

        process_code,
        process_ver,
        item_code,
        task_code,
        channel,
        service_kind,
        applicant_kind,
        visits,
        materials,
        flags,
        window_code,

        step_code,
        visit,
        result,
        approval_level,
        arrived_at,
        claimed_at,
        started_at,

        finish_kind,
        promised_limit,
        promised_unit,
        statutory_limit,
        statutory_unit,
        due_at,
        extend_limit,
        extend_unit,
        extend_scope,
        suspend_id,
        suspend_kind,
        suspend_limit,
        suspend_limit_unit,
        agent_org,

        _kafka_ts,
        _cluster,
        _topic,
        _partition,
        _offset

    from winning

    where
        op is distinct from 'delete'
        and is_test is distinct from true
        and event_time <= as_of()

)

select * from valid
