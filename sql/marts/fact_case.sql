-- model: fact_case
-- grain: case_id
-- kind:  parts
-- entity: case_id
-- order: case_id
-- wakes: due_at, suspended_until, cohort_until, answer_due_at
-- why:   one row per case with its instants, limits, clocks and shape. Whether an open case is late depends on the day of
--        asking, so nothing here says it: v_case and the metrics do, by the as-of time of the version
with

paused as (

    -- the union of the actual procedures inside the span, on both clocks: what one covers already is not counted again
    select
        suspension.case_id,

        greatest(clock.from_work_us, suspension.from_work_us) as from_work_us,
        least(clock.to_work_us, coalesce(suspension.ended_work_us, clock.to_work_us)) as to_work_us,
        epoch_us(greatest(head.span_from, suspension.started_at)) as from_us,
        epoch_us(least(head.span_to, suspension.ended_at)) as to_us,
        suspension.pos,
        suspension.not_closed,
        suspension.limit_lt,
        suspension.from_lt,
        suspension.closed_at

    from int_suspension as suspension

    inner join int_case as head
        on suspension.case_id = head.case_id

    inner join int_case_clock as clock
        on suspension.case_id = clock.case_id

    where suspension.stops_case

),

uncovered as (

    select
        *,

        greatest(0, to_work_us - greatest(from_work_us, coalesce(max(to_work_us) over before, from_work_us))) as add_work_us,
        greatest(0, to_us - greatest(from_us, coalesce(max(to_us) over before, from_us))) as add_us

    from paused

    window before as (partition by case_id order by pos rows between unbounded preceding and 1 preceding)

),

suspended as (

    select
        case_id,

        count(*) as n_suspensions,
        sum(add_work_us)::bigint as suspended_work_us,
        sum(add_us)::bigint as suspended_us,
        bool_or(not_closed) as suspend_not_closed

    from uncovered

    group by all

),

-- the due time that judges the case: the one that the sender stated, else the promised, else the statutory one
in_force as (

    select *

    from int_due

    where due_at is not null

    qualify
        row_number() over (
            partition by case_id
            order by case track when 'message' then 1 when 'promised' then 2 else 3 end
        ) = 1

),

-- the limit that the elapsed time is held against, with the credit that moved it; a stated due time is not a limit
measure as (

    select *

    from int_due

    where due_at is not null

    qualify
        row_number() over (
            partition by case_id
            order by case track when 'promised' then 1 when 'statutory' then 2 else 3 end
        ) = 1

),

-- while an open procedure that counts is within its limit the due time still moves; one that began when the case was
-- overdue already moves nothing, however long its limit
moving as (

    select
        paused.case_id,

        timezone(zone(), max(paused.limit_lt)) as suspended_until,
        timezone(zone(), min(paused.from_lt)) as suspended_from

    from paused

    inner join in_force
        on paused.case_id = in_force.case_id

    where
        paused.not_closed
        and paused.limit_lt is not null
        and paused.from_lt <= in_force.due_lt

    group by all

),

shaped as (

    select
        case_id,

        count(*) as n_steps,
        count(distinct step_code) as n_distinct_steps,
        count(distinct org_code) as n_orgs,
        count(distinct section_code) as n_sections,
        count(*) filter (is_handover) as n_handover,
        count(distinct approval_level) as n_levels,
        max(approval_level) as max_level,
        bool_or(is_return) as has_return,
        coalesce(sum(step_us) filter (step_us > 0 and not implied_end), 0)::bigint as interval_us,
        bool_or(coalesce(queue_us < 0 or step_us < 0 or sojourn_us < 0, false)) as goes_backward,
        substr(sha256(string_agg(step_code, chr(31) order by run_pos)), 1, 16) as variant_id

    from fact_step_run

    group by all

),

joined as (

    select
        head.case_id,

        head.process_code,
        head.process_ver,
        text_or_unknown(head.item_code) as item_code,
        text_or_unknown(head.task_code) as task_code,
        head.region_code,
        head.sector_code,
        head.org_code,
        text_or_unknown(head.section_code) as section_code,
        head.owner_org,
        head.lead_org,
        -- what the version of the process that holds for the case belongs to
        coalesce(head.list_item_code, '-') as list_item_code,
        coalesce(head.list_task_code, '-') as list_task_code,
        text_or_unknown(head.channel) as channel,
        text_or_unknown(head.service_kind) as service_kind,
        text_or_unknown(head.applicant_kind) as applicant_kind,
        head.parent_case_id,
        head.origin_region_code,
        head.origin_case_id,
        head.visits,
        head.materials,
        head.calendar_id,
        head.limit_clock,

        head.first_event_at,
        head.last_event_at,
        head.submitted_at,
        head.first_answer_at,
        clock.answer_due_at,
        clock.silence_at,
        head.accepted_at,
        clock.cohort_until,
        head.decided_at,
        head.finished_at,
        head.first_finished_at,
        head.certified_at,
        head.delivered_at,
        head.refused_at,
        head.ended_at,
        head.finish_kind,
        clock.submitted_lt::date as submitted_date,
        clock.accepted_lt::date as accepted_date,
        clock.ended_lt::date as ended_date,
        local_date(head.finished_at) as finished_date,
        local_date(head.refused_at) as refused_date,
        local_date(head.first_event_at) as first_event_date,
        local_date(head.last_event_at) as last_event_date,

        head.promised_limit,
        head.promised_unit,
        head.statutory_limit,
        head.statutory_unit,
        head.limit_differs,
        case in_force.track
            when 'message' then 'message'
            when 'promised' then 'computed'
            when 'statutory' then 'computed'
            else 'none'
        end as due_basis,
        in_force.due_at,
        in_force.due_date,
        coalesce(in_force.due_at_midnight, false) as due_at_midnight,
        in_force.due_seq,
        in_force.due_work24_us,
        coalesce(in_force.due_at <> promised.due_at, false) as due_differs,
        statutory.due_at as statutory_due_at,
        coalesce(statutory.extended_too_far, false) as extended_too_far,
        coalesce(in_force.n_extensions, 0)::bigint as n_extensions,
        coalesce(in_force.extension_lost, false) as extension_lost,
        coalesce(in_force.provisional, false) as calendar_provisional,

        us_between(head.span_from, head.span_to) as wall_us,
        clock.to_work_us - clock.from_work_us as work_us,
        coalesce(suspended.suspended_us, 0) as suspended_us,
        coalesce(suspended.suspended_work_us, 0) as suspended_work_us,
        us_between(head.submitted_at, coalesce(head.delivered_at, head.finished_at)) as whole_us,
        clock.delivered_work_us - clock.submitted_work_us as whole_work_us,
        coalesce(shaped.interval_us, 0) as interval_us,
        coalesce(touched.touch_us, 0) as touch_us,
        coalesce(touched.touch_work_us, 0) as touch_work_us,
        touched.case_id is not null as is_touched,
        coalesce(measure.credit_us, 0) as credit_us,
        coalesce(measure.credit_days_us, 0) as credit_days_us,
        coalesce(measure.extend_us, 0) as extend_us,
        measure.unit as elapsed_unit,
        case measure.unit
            when 'wd'
                then case
                    when head.limit_clock = 'date' then (clock.ended_seq - clock.accepted_seq) * 86400000000
                    else clock.ended_work24_us - clock.accepted_work24_us
                end
            when 'nd' then (day_no(clock.ended_lt::date) - day_no(clock.accepted_lt::date)) * 86400000000
            when 'wh' then clock.ended_work_us - clock.accepted_work_us
            when 'wmin' then clock.ended_work_us - clock.accepted_work_us
            else us_between(head.accepted_at, head.ended_at)
        end - coalesce(measure.credit_us, 0) as elapsed_us,
        promised.limit_us as promised_us,
        case
            when head.promised_unit = 'nd' then (promised.limit_seq - clock.accepted_seq) * 86400000000
        end as promised_nd_us,
        statutory.limit_us as statutory_us,
        case
            when head.statutory_unit = 'nd' then (statutory.limit_seq - clock.accepted_seq) * 86400000000
        end as statutory_nd_us,
        clock.day_us,
        clock.ended_seq,
        clock.ended_work24_us,

        head.n_all,
        head.n_step_events,
        case when head.n_step_events > 0 then head.n_step_events else head.n_all end as n_events,
        coalesce(shaped.n_steps, 0) as n_steps,
        coalesce(shaped.n_steps - shaped.n_distinct_steps, 0) as n_repeats,
        coalesce(shaped.n_orgs, 0) as n_orgs,
        coalesce(shaped.n_sections, 0) as n_sections,
        coalesce(shaped.n_handover, 0) as n_handover,
        coalesce(shaped.n_levels, 0) as n_levels,
        shaped.max_level,
        coalesce(suspended.n_suspensions, 0) as n_suspensions,
        head.n_reopen,
        head.n_return,
        head.n_correct_notice,
        head.n_urge,
        coalesce(shaped.variant_id, '-') as variant_id,
        coalesce(shaped.n_steps > shaped.n_distinct_steps or shaped.has_return, false) as has_rework,

        -- what cannot have been so, whoever is to blame for it (M94)
        head.finished_at is not null
        and (
            head.accepted_at is null
            or head.finished_at < head.accepted_at
            or coalesce(shaped.goes_backward, false)
            or (head.n_step_events > 0 and head.last_event_at > head.finished_at)
        ) as is_contradictory,
        judged.case_id is not null as is_judged,
        coalesce(judged.conforms, false) as conforms,
        coalesce(judged.n_missing, 0) as n_missing,
        coalesce(judged.n_disordered, 0) as n_disordered,
        coalesce(judged.n_superfluous, 0) as n_superfluous,
        coalesce(judged.n_unauthorised, 0) as n_unauthorised,
        coalesce(judged.n_over_limit, 0) as n_over_limit,
        coalesce(suspended.suspend_not_closed, false) as suspend_not_closed,
        moving.suspended_from,
        moving.suspended_until

    from int_case as head

    inner join int_case_clock as clock
        on head.case_id = clock.case_id

    left join int_due as promised
        on head.case_id = promised.case_id
        and promised.track = 'promised'

    left join int_due as statutory
        on head.case_id = statutory.case_id
        and statutory.track = 'statutory'

    left join in_force
        on head.case_id = in_force.case_id

    left join measure
        on head.case_id = measure.case_id

    left join suspended
        on head.case_id = suspended.case_id

    left join moving
        on head.case_id = moving.case_id

    left join shaped
        on head.case_id = shaped.case_id

    left join fact_conformance as judged
        on head.case_id = judged.case_id

    left join int_touch as touched
        on head.case_id = touched.case_id

)

select * from joined
