-- model: int_case_clock
-- grain: case_id
-- kind:  table
-- entity: case_id
-- why:   the clocks of a case read at its four instants: acceptance, end, and both ends of its span
with

instants as (

    select
        case_id,

        calendar_id,
        limit_clock,
        cap_suspension,
        process_code,
        process_ver,
        anchor_date,
        accepted_at,
        ended_at,
        local_time(accepted_at) as accepted_lt,
        local_time(ended_at) as ended_lt,
        local_time(span_from) as from_lt,
        local_time(span_to) as to_lt

    from int_case

),

read as (

    select
        instants.*,

        accepted_day.work_seq as accepted_seq,
        work_at(accepted_day, us_of_day(instants.accepted_lt)) as accepted_work_us,
        work24_at(accepted_day, us_of_day(instants.accepted_lt)) as accepted_work24_us,
        ended_day.work_seq as ended_seq,
        work_at(ended_day, us_of_day(instants.ended_lt)) as ended_work_us,
        work24_at(ended_day, us_of_day(instants.ended_lt)) as ended_work24_us,
        work_at(from_day, us_of_day(instants.from_lt)) as from_work_us,
        work_at(to_day, us_of_day(instants.to_lt)) as to_work_us

    from instants

    left join int_day as accepted_day
        on instants.calendar_id = accepted_day.calendar_id
        and instants.accepted_lt::date = accepted_day.date

    left join int_day as ended_day
        on instants.calendar_id = ended_day.calendar_id
        and instants.ended_lt::date = ended_day.date

    left join int_day as from_day
        on instants.calendar_id = from_day.calendar_id
        and instants.from_lt::date = from_day.date

    left join int_day as to_day
        on instants.calendar_id = to_day.calendar_id
        and instants.to_lt::date = to_day.date

)

select * from read
