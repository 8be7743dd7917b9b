-- model: int_event
-- grain: case_id, pos
-- kind:  table
-- entity: case_id
-- why:   the events of a case in their order. Time first, then the sender's seq, then what an action can follow, then the
--        event id; never the offset, which is the order of delivery
with

-- steps that begin and end at one instant
instant as (

    select
        opening.case_id,
        opening.event_time,
        opening.step_code

    from stg_step as opening

    inner join stg_step as closing
        on opening.case_id = closing.case_id
        and opening.event_time = closing.event_time
        and opening.step_code = closing.step_code
        and closing.action in ('step_end', 'return')

    where opening.action in ('step_arrive', 'step_claim', 'step_start')

    group by all

),

-- the rank of the actions holds inside a step; between steps, what ends comes before what it hands over to
slotted as (

    select
        event.rowid as event_row,
        event.case_id,
        event.source,
        event.event_id,

        event.event_time,
        event.seq,
        event.action_rank,
        event.action in ('step_arrive', 'step_claim', 'step_start', 'step_end', 'return') as is_step,
        case
            when event.action_rank < 10 then 0
            when event.action in ('step_end', 'return') and instant.case_id is null then 1
            when event.action in ('step_arrive', 'step_claim', 'step_start', 'step_end', 'return')
                and instant.case_id is not null then 2
            when event.action_rank < 20 then 3
            else 4
        end as slot

    from stg_step as event

    left join instant
        on event.case_id = instant.case_id
        and event.event_time = instant.event_time
        and event.step_code = instant.step_code

),

-- only what orders is sorted, and once; the rest joins afterwards
linked as (

    select
        event_row,

        is_step,
        row_number() over in_order as pos,
        lag(event_time) over in_order as previous_at,
        max(case when is_step then event_time end) over (
            in_order
            rows between unbounded preceding and 1 preceding
        ) as previous_step_at

    from slotted

    window in_order as (partition by case_id order by event_time, seq nulls last, slot, action_rank, event_id, source)

),

-- by the number of the row in its table, which is the cheapest key there is; what only ordered the events stays behind
joined as (

    select
        event.* exclude (
            source,
            event_id,
            seq,
            action_rank,
            flags,
            _kafka_ts,
            _cluster,
            _topic,
            _partition,
            _offset
        ),

        linked.pos,
        linked.is_step,
        linked.previous_at,
        linked.previous_step_at

    from stg_step as event

    inner join linked
        on event.rowid = linked.event_row

)

select * from joined
