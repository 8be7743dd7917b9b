-- model: fact_step_run
-- grain: case_id, step_code, visit
-- kind:  parts
-- entity: case_id
-- order: case_id, run_pos
-- wakes: due_at
-- why:   every figure on steps starts here; a case that is returned visits a step again and counts again
with

paused as (

    select
        case_id,
        run_pos,

        max(suspended_us) as suspended_us,
        max(suspended_work_us) as suspended_work_us

    from int_run_pause

    group by all

),

measured as (

    select
        clock.case_id,
        text_or_unknown(clock.step_code) as step_code,
        nth_visit::integer as visit,
        clock.run_pos::integer as run_pos,

        process_code,
        coalesce(process_ver, case_process_ver) as process_ver,
        region_code,
        known_sector as sector_code,
        org_code,
        text_or_unknown(section_code) as section_code,
        text_or_unknown(post_code) as post_code,
        text_or_unknown(actor_id) as actor_id,
        text_or_unknown(window_code) as window_code,
        approval_level,
        case when is_return then 'return' else result end as result,
        calendar_id,

        arrived_at,
        claimed_at,
        started_at,
        ended_at,
        first_at,
        last_at,
        run_date,
        last_date,
        arrived_lt::date as arrived_date,
        ended_lt::date as ended_date,

        -- a lone step_end that tells its arrival tells what came before it as well, an arrival alone tells nothing
        us_between(
            coalesce(previous_step_at, case when sent_ended_at is not null or begin_at is not null then sent_arrived_at end),
            last_at
        ) as since_previous_us,
        us_between(arrived_at, begin_at) as queue_us,
        begin_work_us - arrived_work_us as queue_work_us,
        case when begin_at is not null then us_between(begin_at, ended_at) end as step_us,
        ended_work_us - begin_work_us as step_work_us,
        us_between(arrived_at, ended_at) as sojourn_us,
        ended_work_us - arrived_work_us as sojourn_work_us,
        due.limit_work_us,
        coalesce(due.credit_work_us, 0) as credit_work_us,
        coalesce(paused.suspended_us, 0) as suspended_us,
        coalesce(paused.suspended_work_us, 0) as suspended_work_us,
        due.due_at,
        due.due_date,
        coalesce(due.due_at_midnight, false) as due_at_midnight,
        case when due.due_at_midnight then ended_at < due.due_at else ended_at <= due.due_at end as ended_in_time,

        previous_step,
        next_step,
        us_between(previous_last_at, last_at) as follows_us,
        coalesce(last_work_us, ended_work_us) - previous_work_us as follows_work_us,
        previous_org,
        text_or_unknown(previous_section) as previous_section,
        previous_org is distinct from org_code and previous_org is not null as is_handover,
        -- an arrival that nobody sent is no hand-over that could be timed, but a claim is
        case
            when previous_org <> org_code or previous_section <> section_code
                then us_between(previous_ended_at, case when implied_arrive then begin_at else arrived_at end)
        end as handover_us,
        case
            when previous_ended_at is not null and (previous_org <> org_code or previous_section <> section_code)
                then case when implied_arrive then begin_work_us else arrived_work_us end - previous_work_us
        end as handover_work_us,
        is_ping_pong,
        is_step_ping_pong,
        parallel_group,
        overlap.overlaps_group,
        coalesce(ended_off_hours, false) as ended_off_hours,
        -- all of it outside the office hours: the clock of work stood still
        coalesce(
            case
                when begin_at is not null then ended_at > begin_at and ended_work_us = begin_work_us
                else ended_at > arrived_at and ended_work_us = arrived_work_us
            end,
            false
        ) as off_hours,

        claimed_work_basis,
        implied_arrive,
        begin_at is null and ended_at is not null as implied_start,
        implied_end,
        is_return,
        is_voided

    from int_run_clock as clock

    left join int_run_due as due
        on clock.case_id = due.case_id
        and clock.run_pos = due.run_pos

    left join int_group_overlap as overlap
        on clock.case_id = overlap.case_id
        and clock.run_pos = overlap.run_pos

    left join paused
        on clock.case_id = paused.case_id
        and clock.run_pos = paused.run_pos

)

select * from measured
