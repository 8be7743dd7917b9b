-- model: int_run_due
-- grain: case_id, run_pos
-- kind:  table
-- entity: case_id
-- why:   when a run with a limit is due, by the rules of int_due: its limit runs from the arrival, by the clock of its unit, and
--        each procedure that begins at or before the due time then in force moves it by its credit. What a limit is in
--        working time is kept beside it, for the totals of time lost
with

-- number 0 is the limit before anything moves it; most runs have no other
moves as (

    select
        case_id,
        run_pos,
        0::bigint as pause_no,

        null::timestamp as at_lt,
        0::bigint as credit_us,
        0::bigint as credit_work_us

    from int_run_clock

    where limit_us is not null
        and arrived_lt is not null

    union all

    select
        pause.case_id,
        pause.run_pos,
        pause.pause_no,

        pause.from_lt as at_lt,
        pause.credit_us,
        pause.credit_work_us

    from int_run_pause as pause

    inner join int_run_clock as clock
        on pause.case_id = clock.case_id
        and pause.run_pos = clock.run_pos

    where clock.limit_us is not null
        and clock.arrived_lt is not null

),

-- what to look up, null where the unit looks up something else, see int_due
sought as (

    select
        moves.*,

        clock.calendar_id,
        clock.limit_unit as unit,
        clock.limit_clock,
        clock.arrived_at,
        clock.arrived_lt,
        clock.arrived_work_us,
        clock.arrived_work24_us,
        clock.season_day_us,
        clock.limit_us,
        case
            when clock.limit_unit = 'wd' and clock.limit_clock = 'date'
                then clock.arrived_seq + ceil_days(clock.limit_us) + moves.credit_us // 86400000000
        end as seek_seq,
        case
            when clock.limit_unit = 'wd' and clock.limit_clock <> 'date'
                then ceil_days(clock.arrived_work24_us + clock.limit_us + moves.credit_us)
        end as seek_seq24,
        case
            when clock.limit_unit = 'nd'
                then clock.arrived_lt::date + ceil_days(clock.limit_us + moves.credit_us)::integer
        end as seek_date,
        case
            when clock.limit_unit in ('h', 'min') then clock.arrived_lt + to_microseconds(clock.limit_us + moves.credit_us)
        end as seek_lt,
        case when clock.limit_unit in ('wh', 'wmin') then clock.arrived_work_us + clock.limit_us + moves.credit_us end as seek_work_us

    from moves

    inner join int_run_clock as clock
        on moves.case_id = clock.case_id
        and moves.run_pos = clock.run_pos

),

by_days as (

    select
        sought.*,

        case
            when sought.unit = 'wd' and sought.limit_clock = 'date'
                then at_us(not_before(by_seq.date, sought.arrived_lt::date), 86400000000)
            when sought.unit = 'wd'
                then not_before(
                    at_us(
                        by_seq24.date,
                        sought.arrived_work24_us + sought.limit_us + sought.credit_us - (by_seq24.work_seq - 1) * 86400000000
                    ),
                    sought.arrived_lt
                )
            when sought.unit = 'nd' then at_us(natural_day.next_work_date, 86400000000)
            else sought.seek_lt
        end as due_lt

    from sought

    left join int_workday as by_seq
        on sought.calendar_id = by_seq.calendar_id
        and sought.seek_seq = by_seq.work_seq

    left join int_workday as by_seq24
        on sought.calendar_id = by_seq24.calendar_id
        and sought.seek_seq24 = by_seq24.work_seq

    left join int_day as natural_day
        on sought.calendar_id = natural_day.calendar_id
        and sought.seek_date = natural_day.date

    where sought.seek_work_us is null

),

by_hours as (

    select
        sought.*,

        not_before(
            at_us(by_work.date, us_at_work(by_work, sought.seek_work_us - by_work.work_us_cum)),
            sought.arrived_lt
        ) as due_lt

    from sought

    asof left join int_workday as by_work
        on sought.calendar_id = by_work.calendar_id
        and sought.seek_work_us > by_work.work_us_cum

    where sought.seek_work_us is not null

),

found as (

    select * from by_days

    union all

    select * from by_hours

),

checked as (

    select
        case_id,
        run_pos,
        pause_no,

        coalesce(at_lt <= lag(due_lt) over (partition by case_id, run_pos order by pause_no), pause_no = 0) as in_time

    from found

    where (case_id, run_pos) in (
        select
            case_id,
            run_pos

        from int_run_pause
    )

),

counted as (

    select
        case_id,
        run_pos,

        min(pause_no) filter (not in_time) as first_late,
        max(pause_no) as last_no

    from checked

    group by all

),

last_counted as (

    select found.*

    from found

    left join counted
        on found.case_id = counted.case_id
        and found.run_pos = counted.run_pos

    where found.pause_no = coalesce(counted.first_late - 1, counted.last_no, 0)

),

-- what of a limit that runs on at night or at the weekend is working time, before anything moves it
spans as (

    select
        found.case_id,
        found.run_pos,

        case
            when found.unit = 'wd' then found.limit_us // 86400 * (found.season_day_us // 1000000)
            when found.unit in ('wh', 'wmin') then found.limit_us
            else work_at(limit_day, us_of_day(found.due_lt - interval 1 microsecond) + 1) - found.arrived_work_us
        end as limit_work_us

    from found

    left join int_day as limit_day
        on found.calendar_id = limit_day.calendar_id
        and (case when found.unit in ('nd', 'h', 'min') then found.due_lt end - interval 1 microsecond)::date = limit_day.date

    where found.pause_no = 0

),

dated as (

    select
        last_counted.case_id,
        last_counted.run_pos,

        last_counted.credit_work_us,
        spans.limit_work_us,
        case
            when last_counted.unit in ('h', 'min') then last_counted.arrived_at + to_microseconds(last_counted.limit_us + last_counted.credit_us)
            else timezone(zone(), last_counted.due_lt)
        end as due_at,
        (last_counted.due_lt - interval 1 microsecond)::date as due_date,
        -- 24:00 of a day is not in time any more, a counted instant still is
        last_counted.unit = 'nd' or (last_counted.unit = 'wd' and last_counted.limit_clock = 'date') as due_at_midnight

    from last_counted

    inner join spans
        on last_counted.case_id = spans.case_id
        and last_counted.run_pos = spans.run_pos

)

select * from dated
