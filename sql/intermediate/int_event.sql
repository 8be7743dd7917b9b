-- model: int_event
-- grain: case_id, pos
-- kind:  table
-- entity: case_id
-- why:   the events of a case in their order. Time first, then the sender's seq, then what an action can follow, then the
--        event id; never the offset, which is the order of delivery
with

-- only what orders is sorted; the rest joins afterwards
placed as (

    select
        case_id,
        source,
        event_id,

        event_time,
        action in ('step_arrive', 'step_claim', 'step_start', 'step_end', 'return') as is_step,
        row_number() over in_order as pos,
        lag(event_time) over in_order as previous_at

    from stg_step

    window in_order as (partition by case_id order by event_time, seq nulls last, action_rank, event_id, source)

),

linked as (

    select
        *,

        max(case when is_step then event_time end) over (
            partition by case_id
            order by pos
            rows between unbounded preceding and 1 preceding
        ) as previous_step_at

    from placed

),

joined as (

    select
        event.*,

        linked.pos,
        linked.is_step,
        linked.previous_at,
        linked.previous_step_at

    from stg_step as event

    inner join linked
        on event.case_id = linked.case_id
        and event.source = linked.source
        and event.event_id = linked.event_id

)

select * from joined
