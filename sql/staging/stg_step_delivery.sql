-- model: stg_step_delivery
-- grain: case_id, day, source, region_code, org_code, code_hash
-- kind:  table
-- entity: case_id
-- why:   what was delivered for each case before anybody chose the winning revision: how much, how late, how often the same
--        again, how complete. Retractions count as received and have no fields or codes to look at
with

delivered as not materialized (

    select
        delivery.*,

        coalesce(_event_date, local_date(event_time)) as day,
        hash(region_code, org_code, section_code, post_code, sector_code, process_code, process_ver, step_code, item_code, task_code) as code_hash,
        (epoch_us(_kafka_ts) - epoch_us(event_time) <= 86400000000)::bigint as timely,
        (op is distinct from 'delete')::bigint as coded,
        -- recommended: who does a step and with what result, how a case came in, how long a procedure may take
        case
            when op = 'delete' then 0
            when action = 'step_end' then 4
            when action in ('step_claim', 'step_start', 'return', 'accept') then 3
            when action in ('submit', 'suspend_start') then 1
            else 0
        end as wanted,
        case
            when op = 'delete' then 0
            when action in ('step_claim', 'step_start', 'step_end', 'return')
                then (section_code is not null)::integer
                    + (post_code is not null)::integer
                    + (actor_id is not null)::integer
                    + (action = 'step_end' and result is not null)::integer
            when action = 'accept'
                then (channel is not null)::integer + (service_kind is not null)::integer + (applicant_kind is not null)::integer
            when action = 'submit' then (channel is not null)::integer
            when action = 'suspend_start' then (suspend_limit is not null)::integer
            else 0
        end as filled

    from lake.step as delivery

    anti join stg_void
        on delivery._cluster = stg_void.cluster

    where is_test is distinct from true
        and event_time <= as_of()

),

counted as (

    select
        case_id,
        day,
        source,
        region_code,
        org_code,
        code_hash,

        count(*) as received,
        sum(timely)::bigint as timely,
        0::bigint as duplicates,
        0::bigint as conflicts,
        sum(coded)::bigint as coded,
        sum(wanted)::bigint as wanted,
        sum(filled)::bigint as filled

    from delivered

    group by all

),

-- few keys come more than once; a hash is enough to find them, and those that share one by chance are told apart below
repeated_hash as (

    select hash(source, event_id, case_id, coalesce(rev, 0), op) as key_hash

    from delivered

    group by all

    having count(*) > 1

),

repeated as (

    select
        delivered.case_id,
        delivered.day,
        delivered.source,
        delivered.region_code,
        delivered.org_code,
        delivered.code_hash,

        delivered.event_id,
        coalesce(delivered.rev, 0) as rev,
        delivered.op is not distinct from 'delete' as is_delete,
        hash(
            delivered.event_time,
            delivered.seq,
            delivered.region_code,
            delivered.org_code,
            delivered.section_code,
            delivered.post_code,
            delivered.actor_id,
            delivered.sector_code,
            delivered.action,
            delivered.item_code,
            delivered.task_code,
            delivered.process_code,
            delivered.process_ver,
            delivered.step_code,
            delivered.visit,
            delivered.arrived_at,
            delivered.claimed_at,
            delivered.started_at,
            delivered.result,
            delivered.window_code,
            delivered.approval_level,
            delivered.from_org,
            delivered.to_org,
            delivered.to_step,
            delivered.lead_org,
            delivered.parent_case_id,
            delivered.origin_region_code,
            delivered.origin_case_id,
            delivered.finish_kind,
            delivered.promised_limit,
            delivered.statutory_limit,
            delivered.promised_unit,
            delivered.statutory_unit,
            delivered.due_at,
            delivered.extend_limit,
            delivered.extend_unit,
            delivered.extend_scope,
            delivered.approved_by_level,
            delivered.suspend_id,
            delivered.suspend_kind,
            delivered.suspend_limit,
            delivered.suspend_limit_unit,
            delivered.agent_org,
            delivered.channel,
            delivered.service_kind,
            delivered.applicant_kind,
            delivered.visits,
            delivered.materials,
            delivered.flags,
            delivered.ext
        ) as content_hash,
        delivered.timely,
        delivered.coded,
        delivered.wanted,
        delivered.filled,
        delivered._kafka_ts,
        delivered._cluster,
        delivered._topic,
        delivered._partition,
        delivered._offset

    from delivered

    inner join repeated_hash
        on hash(delivered.source, delivered.event_id, delivered.case_id, coalesce(delivered.rev, 0), delivered.op) = repeated_hash.key_hash

),

compared as (

    select
        *,

        row_number() over in_key as nth,
        lag(content_hash) over in_key as content_before,
        -- after a reset of the ledger the same delivery may lie in the lake twice: that is no second one
        coalesce(
            lag(_offset) over in_key = _offset
            and lag(_partition) over in_key = _partition
            and lag(_topic) over in_key = _topic
            and lag(_cluster) over in_key = _cluster,
            false
        ) as is_reread

    from repeated

    window
        in_key as (
            partition by source, event_id, case_id, rev, is_delete
            order by _kafka_ts, _cluster, _topic, _partition, _offset
        )

),

again as (

    select
        case_id,
        day,
        source,
        region_code,
        org_code,
        code_hash,

        -count(*) filter (is_reread) as received,
        -coalesce(sum(timely) filter (is_reread), 0)::bigint as timely,
        count(*) filter (not is_reread) as duplicates,
        count(*) filter (not is_reread and not is_delete and content_hash <> content_before) as conflicts,
        -coalesce(sum(coded) filter (is_reread), 0)::bigint as coded,
        -coalesce(sum(wanted) filter (is_reread), 0)::bigint as wanted,
        -coalesce(sum(filled) filter (is_reread), 0)::bigint as filled

    from compared

    where nth > 1

    group by all

),

together as (

    select * from counted

    union all

    select * from again

)

select
    case_id,
    day,
    source,
    region_code,
    org_code,
    code_hash,

    sum(received)::bigint as received,
    sum(timely)::bigint as timely,
    sum(duplicates)::bigint as duplicates,
    sum(conflicts)::bigint as conflicts,
    sum(coded)::bigint as coded,
    sum(wanted)::bigint as wanted,
    sum(filled)::bigint as filled

from together

group by all
