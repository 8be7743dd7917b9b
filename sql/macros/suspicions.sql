-- macro: suspicions(since, until, least_n := 5, within_s := 60, old_days := 7)
-- kind:  table
-- publish: yes
-- why:   the rows behind M95 and M96 for the days from since up to until, each with what speaks against it: duty records entered in
--        one go, with the text of another, or long after the work; steps done faster than one in a hundred of their kind; cases
--        whose steps all ended in the last minute, or that were closed just in time and reopened. People confirm or reject them
with

records as (

    select
        record_id,
        org_code,
        section_code,
        actor_id,

        submitted_at,
        delay_days,
        text_hash,
        text_len,
        lag(submitted_at) over by_actor as submitted_before,
        row_number() over by_actor as nth

    from fact_work

    where is_valid
        and submitted_at is not null
        and work_date >= since
        and work_date < until

    window by_actor as (partition by org_code, actor_id order by submitted_at, record_id)

),

goes as (

    select
        *,

        count(*) filter (
            submitted_before is null
            or us_between(submitted_before, submitted_at) > within_s::bigint * 1000000
        ) over (
            partition by org_code, actor_id
            order by nth
            rows between unbounded preceding and current row
        ) as go_no

    from records

),

in_one_go as (

    select
        *,

        count(*) over (partition by org_code, actor_id, go_no) as n

    from goes

),

same_text as (

    select
        *,

        count(*) over (partition by org_code, text_hash) as n

    from records

    where text_hash is not null
        and text_len is distinct from 0

),

runs as (

    select
        case_id,
        process_code,
        step_code,
        visit,
        org_code,
        section_code,
        actor_id,

        ended_at,
        step_us,
        due_at is not null and ended_at <= due_at and us_between(ended_at, due_at) <= 60000000 as is_last_minute,
        due_at is not null as is_limited

    from fact_step_run

    where ended_date >= since
        and ended_date < until
        and not implied_end
        and not is_voided

),

usual as (

    select
        process_code,
        step_code,

        quantile_disc(step_us, 0.01) as p1_us

    from runs

    where step_us >= 0

    group by all

    having count(*) >= 100

),

last_minute as (

    select
        case_id,

        count(*) filter (is_limited) as n_limited,
        count(*) filter (is_last_minute) as n_last_minute

    from runs

    group by all

),

found as (

    select
        'in_one_go' as kind,
        record_id as entity_id,
        '*' as step_code,
        org_code,
        section_code,
        actor_id,
        submitted_at as seen_at,
        n::varchar || ' records, each within ' || within_s::varchar || ' s of the one before' as evidence

    from in_one_go

    where n >= least_n

    union all

    select
        'same_text' as kind,
        record_id as entity_id,
        '*' as step_code,
        org_code,
        section_code,
        actor_id,
        submitted_at as seen_at,
        n::varchar || ' records with this text' as evidence

    from same_text

    where n > 1

    union all

    select
        'long_after' as kind,
        record_id as entity_id,
        '*' as step_code,
        org_code,
        section_code,
        actor_id,
        submitted_at as seen_at,
        delay_days::varchar || ' days after the work' as evidence

    from records

    where delay_days > old_days

    union all

    select
        'too_fast' as kind,
        runs.case_id as entity_id,
        runs.step_code,
        runs.org_code,
        runs.section_code,
        runs.actor_id,
        runs.ended_at as seen_at,
        seconds(runs.step_us)::varchar || ' s, below ' || seconds(usual.p1_us)::varchar || ' s' as evidence

    from runs

    inner join usual
        on runs.process_code = usual.process_code
        and runs.step_code = usual.step_code
        and runs.step_us >= 0
        and runs.step_us < usual.p1_us

    union all

    select
        'last_minute' as kind,
        pop_case.case_id as entity_id,
        '*' as step_code,
        pop_case.owner_org as org_code,
        pop_case.owner_section as section_code,
        '~' as actor_id,
        pop_case.finished_at as seen_at,
        'all ' || last_minute.n_limited::varchar || ' steps with a limit ended in its last minute' as evidence

    from last_minute

    inner join pop_case
        on last_minute.case_id = pop_case.case_id

    where last_minute.n_limited > 0
        and last_minute.n_limited = last_minute.n_last_minute
        and pop_case.in_f

    union all

    select
        'reopened' as kind,
        case_id as entity_id,
        '*' as step_code,
        owner_org as org_code,
        owner_section as section_code,
        '~' as actor_id,
        first_finished_at as seen_at,
        'closed ' || seconds(us_between(first_finished_at, due_at))::varchar || ' s before it was due, then reopened' as evidence

    from pop_case

    where in_f
        and finished_date >= since
        and finished_date < until
        and n_reopen > 0
        and first_finished_at <= due_at
        and us_between(first_finished_at, due_at) <= 86400000000

)

select *

from found

order by
    kind,
    seen_at,
    entity_id,
    step_code
