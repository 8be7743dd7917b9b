-- model: int_touch
-- grain: case_id
-- kind:  table
-- entity: case_id
-- why:   how long somebody worked on a case: the union of its runs' begin to end, so that steps that overlap count once.
--        What one run covers already is cut from the next, and what is left is read on the calendar of the case. Ends that
--        nobody sent are no work
with

intervals as (

    select
        case_id,
        last_pos,

        coalesce(started_at, claimed_at) as from_at,
        sent_ended_at as to_at

    from int_run

    where coalesce(started_at, claimed_at) < sent_ended_at

),

uncovered as (

    select
        case_id,

        greatest(
            from_at,
            coalesce(
                max(to_at) over (
                    partition by case_id
                    order by from_at, to_at, last_pos
                    rows between unbounded preceding and 1 preceding
                ),
                from_at
            )
        ) as from_at,
        to_at

    from intervals

),

placed as (

    select
        uncovered.case_id,
        head.calendar_id,

        us_between(uncovered.from_at, uncovered.to_at) as touch_us,
        local_time(uncovered.from_at) as from_lt,
        local_time(uncovered.to_at) as to_lt

    from uncovered

    inner join int_case as head
        on uncovered.case_id = head.case_id

    where uncovered.to_at > uncovered.from_at

),

read as (

    select
        placed.case_id,

        sum(placed.touch_us)::bigint as touch_us,
        sum(
            work_at(to_day, us_of_day(placed.to_lt)) - work_at(from_day, us_of_day(placed.from_lt))
        )::bigint as touch_work_us

    from placed

    inner join int_day as from_day
        on placed.calendar_id = from_day.calendar_id
        and placed.from_lt::date = from_day.date

    inner join int_day as to_day
        on placed.calendar_id = to_day.calendar_id
        and placed.to_lt::date = to_day.date

    group by all

)

select * from read
