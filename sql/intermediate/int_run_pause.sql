-- model: int_run_pause
-- grain: case_id, run_pos, pause_no
-- kind:  table
-- entity: case_id
-- why:   what special procedures take of a run, in time order: those of the step, and those of the whole case. Each is cut to
--        the run, counts only where the ones before do not cover it already, and is read in working time, as it was and cut
--        at its own limit, and as credit in the measure of the step's limit
with

pauses as (

    select
        clock.case_id,
        clock.run_pos,
        clock.calendar_id,
        clock.limit_unit,
        clock.limit_clock,

        suspension.pos,
        greatest(suspension.from_lt, clock.arrived_lt) as from_lt,
        greatest(suspension.from_lt, clock.arrived_lt, least(suspension.credit_lt, clock.ended_lt)) as credit_lt,
        -- 24:00 of a day belongs to the day that it ends
        case
            when clock.ended_lt < suspension.credit_lt then clock.ended_lt::date
            else suspension.credit_date
        end as credit_date,
        least(suspension.ended_lt, clock.ended_lt) as until_lt

    from int_run_clock as clock

    inner join int_suspension as suspension
        on clock.case_id = suspension.case_id
        and (suspension.step_code is null or clock.step_code = suspension.step_code)
        and coalesce(clock.may_suspend, true)
        and (suspension.ended_lt is null or suspension.ended_lt > clock.arrived_lt)
        and (clock.ended_lt is null or suspension.from_lt < clock.ended_lt)

),

read as (

    select
        pauses.*,

        work_at(from_day, us_of_day(pauses.from_lt)) as from_work_us,
        work_at(credit_day, us_of_day(pauses.credit_lt)) as credit_work_us,
        work_at(until_day, us_of_day(pauses.until_lt)) as until_work_us,
        case
            when pauses.limit_unit = 'wd' and pauses.limit_clock = 'date' then from_day.work_seq * 86400000000
            when pauses.limit_unit = 'wd' then work24_at(from_day, us_of_day(pauses.from_lt))
            when pauses.limit_unit = 'nd' then day_no(pauses.from_lt::date) * 86400000000
            when pauses.limit_unit in ('wh', 'wmin') then work_at(from_day, us_of_day(pauses.from_lt))
            else epoch_us(pauses.from_lt)
        end as from_us,
        case
            when pauses.limit_unit = 'wd' and pauses.limit_clock = 'date' then credit_date_day.work_seq * 86400000000
            when pauses.limit_unit = 'wd' then work24_at(credit_day, us_of_day(pauses.credit_lt))
            when pauses.limit_unit = 'nd' then day_no(pauses.credit_date) * 86400000000
            when pauses.limit_unit in ('wh', 'wmin') then work_at(credit_day, us_of_day(pauses.credit_lt))
            else epoch_us(pauses.credit_lt)
        end as to_us

    from pauses

    left join int_day as from_day
        on pauses.calendar_id = from_day.calendar_id
        and pauses.from_lt::date = from_day.date

    left join int_day as credit_day
        on pauses.calendar_id = credit_day.calendar_id
        and pauses.credit_lt::date = credit_day.date

    left join int_day as credit_date_day
        on pauses.calendar_id = credit_date_day.calendar_id
        and pauses.credit_date = credit_date_day.date

    left join int_day as until_day
        on pauses.calendar_id = until_day.calendar_id
        and pauses.until_lt::date = until_day.date

),

uncovered as (

    select
        case_id,
        run_pos,
        pos,

        from_lt,
        greatest(0, to_us - greatest(from_us, coalesce(max(to_us) over before, from_us))) as add_us,
        greatest(0, credit_work_us - greatest(from_work_us, coalesce(max(credit_work_us) over before, from_work_us))) as add_credit_work_us,
        greatest(0, until_work_us - greatest(from_work_us, coalesce(max(until_work_us) over before, from_work_us))) as add_work_us,
        greatest(
            0,
            epoch_us(until_lt) - greatest(epoch_us(from_lt), coalesce(max(epoch_us(until_lt)) over before, epoch_us(from_lt)))
        ) as add_wall_us

    from read

    window before as (partition by case_id, run_pos order by pos rows between unbounded preceding and 1 preceding)

),

summed as (

    select
        case_id,
        run_pos,
        row_number() over so_far as pause_no,

        from_lt,
        (sum(add_us) over so_far)::bigint as credit_us,
        (sum(add_credit_work_us) over so_far)::bigint as credit_work_us,
        (sum(add_work_us) over so_far)::bigint as suspended_work_us,
        (sum(add_wall_us) over so_far)::bigint as suspended_us

    from uncovered

    window so_far as (partition by case_id, run_pos order by pos rows between unbounded preceding and current row)

)

select * from summed
