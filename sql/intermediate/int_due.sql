-- model: int_due
-- grain: case_id, track
-- kind:  table
-- entity: case_id
-- why:   when a case is due. An adjustment counts only if it begins at or before the due time then in force; as the due
--        time moves only by those that count, they are the first ones in time order up to the first that comes too late
with

bases as (

    select
        adjustment.*,

        clock.calendar_id,
        clock.limit_clock,
        case when adjustment.track = 'message' then stated.due_at else clock.accepted_at end as base_at,
        case when adjustment.track = 'message' then local_time(stated.due_at) else clock.accepted_lt end as base_lt,
        -- a stated midnight is 24:00 of the day before, as a counted one is
        adjustment.track = 'message' and us_of_day(local_time(stated.due_at)) = 0 as ends_a_day,
        limit_us(adjustment.limit_n, adjustment.unit) as limit_us

    from int_adjustment as adjustment

    inner join int_case_clock as clock
        on adjustment.case_id = clock.case_id

    left join int_case_due_message as stated
        on adjustment.case_id = stated.case_id

),

placed as (

    select
        *,

        case when ends_a_day then base_lt::date - 1 else base_lt::date end as base_day,
        case when ends_a_day then 86400000000 else us_of_day(base_lt) end as base_day_us

    from bases

),

read as (

    select
        bases.*,

        day.date as base_date,
        bases.base_day_us as base_us,
        day.work_seq as base_seq,
        work_at(day, bases.base_day_us) as base_work_us,
        work24_at(day, bases.base_day_us) as base_work24_us,

        -- limit and extensions round up together, credits are whole days already
        case
            when bases.unit = 'wd' and bases.limit_clock = 'date'
                then ceil_days(bases.limit_us + bases.extend_us) + bases.credit_us // 86400000000
        end as add_days,
        bases.limit_us + bases.extend_us + bases.credit_us as add_us

    from placed as bases

    left join int_day as day
        on bases.calendar_id = day.calendar_id
        and bases.base_day = day.date

),

-- what to look up, null where the unit looks up something else. A condition on the left side alone inside a left join
-- would make DuckDB compare every row with every day
sought as (

    select
        *,

        case when unit = 'wd' and limit_clock = 'date' then base_seq + add_days end as seek_seq,
        case when unit = 'wd' and limit_clock <> 'date' then ceil_days(base_work24_us + add_us) end as seek_seq24,
        case when unit = 'nd' then base_date + ceil_days(add_us)::integer end as seek_date,
        case when unit in ('wh', 'wmin') then base_work_us + add_us end as seek_work_us

    from read

),

found as (

    select
        sought.*,

        case
            when sought.add_us is null then null
            when sought.track = 'message' and sought.add_us = 0 then sought.base_lt
            when sought.unit = 'wd' and sought.limit_clock = 'date' and sought.track = 'message'
                then at_us(not_before(by_seq.date, sought.base_date), sought.base_us)
            when sought.unit = 'wd' and sought.limit_clock = 'date'
                then at_us(not_before(by_seq.date, sought.base_date), 86400000000)
            when sought.unit = 'wd'
                then not_before(
                    at_us(by_seq24.date, sought.base_work24_us + sought.add_us - (by_seq24.work_seq - 1) * 86400000000),
                    sought.base_lt
                )
            when sought.unit = 'nd' and sought.track = 'message' then at_us(natural_day.next_work_date, sought.base_us)
            when sought.unit = 'nd' then at_us(natural_day.next_work_date, 86400000000)
            when sought.unit in ('wh', 'wmin')
                then not_before(
                    at_us(by_work.date, us_at_work(by_work, sought.base_work_us + sought.add_us - by_work.work_us_cum)),
                    sought.base_lt
                )
            else sought.base_lt + to_microseconds(sought.add_us)
        end as due_lt,
        -- 24:00 of a day is not in time any more, a stated or counted instant still is
        sought.track <> 'message' and (sought.unit = 'nd' or (sought.unit = 'wd' and sought.limit_clock = 'date')) as due_at_midnight

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

    asof left join int_workday as by_work
        on sought.calendar_id = by_work.calendar_id
        and sought.seek_work_us > by_work.work_us_cum

),

checked as (

    select
        *,

        -- without a due time there is nothing to move
        adjustment_no = 0
        or coalesce(at_lt <= lag(due_lt) over in_order, false) as in_time

    from found

    window in_order as (partition by case_id, track order by adjustment_no)

),

counted as (

    select
        *,

        min(in_time::integer) over (
            partition by case_id, track
            order by adjustment_no
            rows between unbounded preceding and current row
        ) = 1 as counts

    from checked

),

last_counted as (

    select
        case_id,
        track,

        calendar_id,
        unit,
        limit_n,
        limit_us,
        extend_us,
        extended_too_far,
        n_extensions,
        extension_lost,
        credit_us,
        credit_days_us,
        due_lt,
        due_at_midnight,
        min(due_lt) filter (adjustment_no = 0) over (partition by case_id, track) as limit_lt,
        case
            when add_us is null then null
            when track = 'message' and add_us = 0 then base_at
            when unit in ('h', 'min') then base_at + to_microseconds(add_us)
            else timezone(zone(), due_lt)
        end as due_at,
        -- midnight is 24:00 of the day that it ends, stated or counted
        (due_lt - interval 1 microsecond)::date as due_date,
        us_of_day(due_lt - interval 1 microsecond) + 1 as due_us

    from counted

    where counts

    qualify row_number() over (partition by case_id, track order by adjustment_no desc) = 1

),

dated as (

    select
        last_counted.*,

        day.work_seq as due_seq,
        work_at(day, last_counted.due_us) as due_work_us,
        work24_at(day, last_counted.due_us) as due_work24_us,
        limit_day.work_seq as limit_seq,
        coalesce(day.provisional, false) as provisional

    from last_counted

    left join int_day as day
        on last_counted.calendar_id = day.calendar_id
        and last_counted.due_date = day.date

    left join int_day as limit_day
        on last_counted.calendar_id = limit_day.calendar_id
        and (last_counted.limit_lt - interval 1 microsecond)::date = limit_day.date

)

select * from dated
