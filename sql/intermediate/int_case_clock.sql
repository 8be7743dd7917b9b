-- model: int_case_clock
-- grain: case_id
-- kind:  table
-- entity: case_id
-- why:   the clocks of a case read at its instants: acceptance, end, both ends of its span, and the whole way from hand-in
--        to delivery. The limits that the law sets for every case count from here too: two working days to answer a
--        hand-in, five after which silence means acceptance, thirty in which a cohort is watched (M21d)
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
        local_time(submitted_at) as submitted_lt,
        local_time(coalesce(delivered_at, finished_at)) as delivered_lt,
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
        coalesce(accepted_day.season_day_us, 25200000000) as day_us,
        ended_day.work_seq as ended_seq,
        work_at(ended_day, us_of_day(instants.ended_lt)) as ended_work_us,
        work24_at(ended_day, us_of_day(instants.ended_lt)) as ended_work24_us,
        work_at(from_day, us_of_day(instants.from_lt)) as from_work_us,
        work_at(to_day, us_of_day(instants.to_lt)) as to_work_us,
        work_at(submitted_day, us_of_day(instants.submitted_lt)) as submitted_work_us,
        work_at(delivered_day, us_of_day(instants.delivered_lt)) as delivered_work_us,
        accepted_day.work_seq + 30 as cohort_seq,
        submitted_day.work_seq + 2 as answer_seq,
        submitted_day.work_seq + 5 as silence_seq

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

    left join int_day as submitted_day
        on instants.calendar_id = submitted_day.calendar_id
        and instants.submitted_lt::date = submitted_day.date

    left join int_day as delivered_day
        on instants.calendar_id = delivered_day.calendar_id
        and instants.delivered_lt::date = delivered_day.date

),

bounded as (

    select
        read.*,

        timezone(zone(), at_us(cohort_day.date, 86400000000)) as cohort_until,
        timezone(zone(), at_us(answer_day.date, 86400000000)) as answer_due_at,
        timezone(zone(), at_us(silence_day.date, 86400000000)) as silence_at

    from read

    left join int_workday as cohort_day
        on read.calendar_id = cohort_day.calendar_id
        and read.cohort_seq = cohort_day.work_seq

    left join int_workday as answer_day
        on read.calendar_id = answer_day.calendar_id
        and read.answer_seq = answer_day.work_seq

    left join int_workday as silence_day
        on read.calendar_id = silence_day.calendar_id
        and read.silence_seq = silence_day.work_seq

)

select * from bounded
