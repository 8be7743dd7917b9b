-- model: int_suspension
-- grain: case_id, suspend_id, nth
-- kind:  table
-- entity: case_id
-- why:   the special procedures of a case: starts and ends matched by id in time order, cut to the case, and cut at their
--        declared limit for the credit. Every end is read on all clocks, because a credit counts in the limit's own unit
with

marks as (

    select
        case_id,
        suspend_id,
        pos,

        action,
        lag(action) over (partition by case_id, suspend_id order by pos) as before,
        event_time,
        suspend_kind,
        suspend_limit,
        suspend_limit_unit,
        agent_org,
        step_code

    from int_event

    where action in ('suspend_start', 'suspend_end')

),

matched as (

    -- a start while one runs and an end while none runs say nothing new; both are counted
    select
        *,

        lead(case when action = 'suspend_end' then event_time end) over effective as closed_at,
        row_number() over effective as mark_no

    from marks

    where before is distinct from action
        and not (before is null and action = 'suspend_end')

    window effective as (partition by case_id, suspend_id order by pos)

),

cut as (

    select
        matched.case_id,
        matched.suspend_id,
        (matched.mark_no + 1) // 2 as nth,
        matched.pos,

        matched.suspend_kind,
        matched.agent_org,
        matched.step_code,
        -- without an end and a limit of its own, a procedure has the limit that the list of powers gives its kind
        case
            when matched.suspend_limit is null and matched.closed_at is null then usual.limit_n
            else matched.suspend_limit
        end as suspend_limit,
        case
            when matched.suspend_limit is null and matched.closed_at is null then coalesce(usual.limit_unit, 'wd')
            else coalesce(matched.suspend_limit_unit, 'wd')
        end as limit_unit,

        clock.calendar_id,
        clock.limit_clock,
        clock.cap_suspension,
        -- a procedure of one step of a parallel group stops that step alone: the others go on
        step.parallel_group is null as stops_case,
        greatest(matched.event_time, clock.accepted_at) as started_at,
        matched.closed_at,
        matched.closed_at is null as not_closed,
        least(matched.closed_at, clock.ended_at) as ended_at

    from matched

    inner join int_case_clock as clock
        on matched.case_id = clock.case_id

    left join int_step_version as step
        on clock.process_code = step.process_code
        and clock.process_ver = step.ver
        and matched.step_code = step.step_code
        and clock.anchor_date >= step.holds_from
        and clock.anchor_date < step.holds_to

    inner join int_case as head
        on matched.case_id = head.case_id

    left join stg_list_suspend_limit as usual
        on head.item_code = usual.item_code
        and matched.suspend_kind = usual.suspend_kind
        and head.anchor_date >= usual.valid_from
        and head.anchor_date < usual.valid_to

    where matched.action = 'suspend_start'
        and (clock.accepted_at is null or matched.closed_at is null or matched.closed_at > clock.accepted_at)
        and (clock.ended_at is null or matched.event_time < clock.ended_at)

),

started as (

    select
        cut.*,

        local_time(cut.started_at) as from_lt,
        local_time(cut.started_at)::date as from_date,
        local_time(cut.ended_at) as ended_lt,
        limit_us(cut.suspend_limit, cut.limit_unit) as limit_us,
        day.work_seq as from_seq,
        work_at(day, us_of_day(local_time(cut.started_at))) as from_work_us,
        work24_at(day, us_of_day(local_time(cut.started_at))) as from_work24_us

    from cut

    left join int_day as day
        on cut.calendar_id = day.calendar_id
        and local_time(cut.started_at)::date = day.date

),

-- what to look up, see int_due
sought as (

    select
        *,

        case when limit_unit = 'wd' then from_seq + ceil_days(limit_us) end as seek_seq,
        case when limit_unit = 'wd' then ceil_days(from_work24_us + limit_us) end as seek_seq24,
        case when limit_unit = 'nd' then from_date + ceil_days(limit_us)::integer end as seek_date,
        case when limit_unit in ('wh', 'wmin') then from_work_us + limit_us end as seek_work_us

    from started

),

limited as (

    -- where the declared limit ends, by the clock of its unit
    select
        sought.*,

        case
            when sought.limit_us is null then null
            when sought.limit_unit = 'wd' and sought.limit_clock = 'date'
                then not_before(by_seq.date, sought.from_date)
            when sought.limit_unit = 'wd' then not_before(by_seq24.date, sought.from_date)
            when sought.limit_unit = 'nd' then natural_day.next_work_date
            when sought.limit_unit in ('wh', 'wmin') then not_before(by_work.date, sought.from_date)
            else (sought.from_lt + to_microseconds(sought.limit_us))::date
        end as limit_date,
        case
            when sought.limit_us is null then null
            when sought.limit_unit = 'wd' and sought.limit_clock = 'date'
                then at_us(not_before(by_seq.date, sought.from_date), 86400000000)
            when sought.limit_unit = 'wd'
                then not_before(
                    at_us(
                        by_seq24.date,
                        sought.from_work24_us + sought.limit_us - (by_seq24.work_seq - 1) * 86400000000
                    ),
                    sought.from_lt
                )
            when sought.limit_unit = 'nd' then at_us(natural_day.next_work_date, 86400000000)
            when sought.limit_unit in ('wh', 'wmin')
                then not_before(
                    at_us(
                        by_work.date,
                        us_at_work(by_work, sought.from_work_us + sought.limit_us - by_work.work_us_cum)
                    ),
                    sought.from_lt
                )
            else sought.from_lt + to_microseconds(sought.limit_us)
        end as limit_lt

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

credited as (

    -- the credit runs to the earlier of end and limit; an open procedure without a limit gives none, or never closing
    -- one would make every finish timely
    select
        *,

        case
            when not_closed and limit_lt is null then from_lt
            when cap_suspension then least(ended_lt, limit_lt)
            else coalesce(ended_lt, limit_lt)
        end as credit_lt,
        case
            when not_closed and limit_lt is null then from_date
            when cap_suspension then least(ended_lt::date, limit_date)
            else coalesce(ended_lt::date, limit_date)
        end as credit_date

    from limited

),

read as (

    select
        credited.*,

        credit_day.work_seq as credit_seq,
        work_at(instant_day, us_of_day(credited.credit_lt)) as credit_work_us,
        work24_at(instant_day, us_of_day(credited.credit_lt)) as credit_work24_us,
        work_at(ended_day, us_of_day(credited.ended_lt)) as ended_work_us

    from credited

    left join int_day as credit_day
        on credited.calendar_id = credit_day.calendar_id
        and credited.credit_date = credit_day.date

    left join int_day as instant_day
        on credited.calendar_id = instant_day.calendar_id
        and credited.credit_lt::date = instant_day.date

    left join int_day as ended_day
        on credited.calendar_id = ended_day.calendar_id
        and credited.ended_lt::date = ended_day.date

)

select * from read
