-- model: pop_case
-- grain: case_id
-- kind:  view
-- why:   the populations A, F, X, O and D as of the version's time, defined once for all metrics and views
with

judged as (

    select
        *,

        finish_kind is distinct from 'voided' as is_valid,
        -- the section is the accepting one; a case that another department owns has none there
        case when owner_org = org_code then section_code else '~' end as owner_section,
        case
            when due_at is null or ended_at is null then null
            when due_at_midnight then ended_at < due_at
            else ended_at <= due_at
        end as ended_in_time,
        coalesce(
            ended_at is null
            and suspended_until >= as_of()
            and suspended_from <= due_at,
            false
        ) as is_suspended,
        -- the law takes five working days of silence for acceptance on the day of the hand-in; nothing here counts by it
        coalesce(
            silence_at <= as_of()
            and coalesce(least(first_answer_at, accepted_at) >= silence_at, true),
            false
        ) as silent

    from fact_case

),

populated as (

    select
        *,

        is_valid and accepted_at is not null as in_a,
        -- a case that was refused and never accepted was not handled, whatever the system calls its end
        is_valid
        and refused_at is null
        and coalesce(finish_kind in ('normal', 'certificate', 'forwarded', 'reported', 'denied'), false) as in_f,
        coalesce(finish_kind in ('returned', 'withdrawn', 'terminated'), false) as in_x,
        is_valid and accepted_at is not null and ended_at is null as in_o

    from judged

),

due as (

    select
        *,

        in_a
        and due_at is not null
        and due_at <= as_of()
        and not is_suspended
        and not (in_x and ended_in_time) as in_d

    from populated

)

select * from due
