-- check: event_in_two_entities
-- severity: warn
-- why:   a revision that names another case or record than the one before counts in both, because entities are computed one
--        by one; the sender has to delete it in the old one. The first look goes by hashes, so that it stays small
with

delivered as (

    select
        'step' as topic,
        source,
        event_id,
        case_id as entity_id,
        op

    from lake.step

    where is_test is distinct from true
        and event_time <= as_of()
        and _cluster not in (select cluster from stg_void)

    union all

    select
        'work' as topic,
        source,
        event_id,
        record_id as entity_id,
        op

    from lake.work

    where is_test is distinct from true
        and event_time <= as_of()
        and _cluster not in (select cluster from stg_void)

),

suspected as (

    select hash(topic, source, event_id) as event_hash

    from delivered

    group by all

    having min(hash(entity_id)) <> max(hash(entity_id))

),

standing as (

    select
        delivered.topic,
        delivered.source,
        delivered.event_id,
        delivered.entity_id

    from delivered

    inner join suspected
        on hash(delivered.topic, delivered.source, delivered.event_id) = suspected.event_hash

    group by all

    having not bool_or(coalesce(delivered.op = 'delete', false))

),

compared as (

    select
        topic,
        source,
        event_id,

        min(entity_id) as entity_id,
        max(entity_id) as other_entity_id

    from standing

    group by all

    having count(*) > 1

)

select * from compared
