-- model: int_case_due_message
-- grain: case_id
-- kind:  table
-- entity: case_id
-- why:   the due time that the sender states; the latest received wins, whatever its event time
select
    case_id,

    due_at,
    event_time as stated_at

from stg_step

where due_at is not null

qualify
    row_number() over (
        partition by case_id
        order by _kafka_ts desc, _cluster desc, _topic desc, _partition desc, _offset desc
    ) = 1
