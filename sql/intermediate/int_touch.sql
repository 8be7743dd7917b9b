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
        run.case_id,
        run.last_pos,
        head.calendar_id,

        -- what was done before acceptance or after the end is in no time of the case
        greatest(coalesce(run.started_at, run.claimed_at), head.span_from) as from_at,
        least(run.sent_ended_at, head.span_to) as to_at

    from int_run as run

    inner join int_case as head
        on run.case_id = head.case_id

    where coalesce(run.started_at, run.claimed_at) <= run.sent_ended_at
        and run.sent_ended_at >= head.span_from
        and coalesce(run.started_at, run.claimed_at) <= head.span_to

),

uncovered as (

    select
        case_id,
        calendar_id,

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
        case_id,
        calendar_id,

        us_between(from_at, to_at) as touch_us,
        local_time(from_at) as from_lt,
        local_time(to_at) as to_lt

    from uncovered

    where to_at >= from_at

),

read as (

    select
        placed.case_id,

        sum(placed.touch_us)::bigint as touch_us,
        sum(
            work_at(to_day, us_of_day(placed.to_lt)) - work_at(from_day, us_of_day(placed.from_lt))
        )::bigint as touch_work_us

    from placed

    -- left joins keep their order: inner ones may join every day with every day of the same calendar first
    left join int_day as from_day
        on placed.calendar_id = from_day.calendar_id
        and placed.from_lt::date = from_day.date

    left join int_day as to_day
        on placed.calendar_id = to_day.calendar_id
        and placed.to_lt::date = to_day.date

    group by all

)

select * from read
