-- model: fact_deviation
-- grain: case_id, rule, kind, step_code, visit
-- kind:  parts
-- entity: case_id
-- order: case_id, rule, kind, step_code, visit
-- why:   every place where a case leaves the version of its process that was valid at acceptance, with what was expected and what
--        was seen: linear rules, no alignments, so that each can be shown to the one who has to answer for it
with

missing as (

    select
        missing.case_id,
        'M31' as rule,
        'missing' as kind,
        missing.step_code,
        0 as visit,

        judged.owner_org as org_code,
        '~' as post_code,
        judged.ended_at as seen_at,
        'run' as expected,
        '-' as seen

    from int_missing_step as missing

    inner join int_judged_case as judged
        on missing.case_id = judged.case_id

),

disordered as (

    select
        run.case_id,
        'M32' as rule,
        'order' as kind,
        run.step_code,
        run.visit,

        run.org_code,
        run.post_code,
        coalesce(run.begun_at, run.done_at) as seen_at,
        'after ' || wrong.predecessors as expected,
        'before its end' as seen

    from int_out_of_order as wrong

    inner join int_judged_run as run
        on wrong.case_id = run.case_id
        and wrong.run_pos = run.run_pos

),

superfluous as (

    select
        case_id,
        'M33' as rule,
        case when is_declared then 'repeated' else 'extra' end as kind,
        step_code,
        visit,

        org_code,
        post_code,
        last_at as seen_at,
        case when is_declared then max_visits::varchar || ' visits' else 'no such step' end as expected,
        case when is_declared then 'visit ' || visit::varchar else 'run' end as seen

    from int_judged_run

    where not is_declared
        or visit > max_visits

),

levels as (

    select
        case_id,
        'M34' as rule,
        'level' as kind,
        step_code,
        visit,

        org_code,
        post_code,
        last_at as seen_at,
        'level ' || declared_level::varchar as expected,
        'level ' || approval_level::varchar as seen

    from int_judged_run

    where approval_level <> declared_level

),

-- a role is held against the post only where it is the name or the code of some post
roles as (

    select post_code as role

    from int_post_name

    union

    select name as role

    from int_post_name

),

posts as (

    select
        run.case_id,
        'M34' as rule,
        'post' as kind,
        run.step_code,
        run.visit,

        run.org_code,
        run.post_code,
        run.last_at as seen_at,
        run.role as expected,
        post.name as seen

    from int_judged_run as run

    inner join roles
        on run.role = roles.role

    inner join int_post_name as post
        on run.post_code = post.post_code
        and run.run_date >= post.valid_from
        and run.run_date < post.valid_to

    where run.role <> post.name
        and run.role <> post.post_code

),

signed as (

    -- who does not tell the level of a sign-off has the one that the step asks for
    select
        case_id,

        max(coalesce(approval_level, declared_level)) as level,
        max_by(org_code, run_pos) as org_code,
        max_by(post_code, run_pos) as post_code

    from int_judged_run

    where done_at is not null

    group by all

),

denied as (

    select
        judged.case_id,
        'M34' as rule,
        'denial' as kind,
        '*' as step_code,
        0 as visit,

        judged.owner_org as org_code,
        coalesce(signed.post_code, '~') as post_code,
        judged.ended_at as seen_at,
        'level ' || judged.max_level::varchar as expected,
        coalesce('level ' || signed.level::varchar, '-') as seen

    from int_judged_case as judged

    left join signed
        on judged.case_id = signed.case_id

    where judged.finish_kind = 'denied'
        and coalesce(signed.level, 0) < judged.max_level

),

overdue as (

    select
        run.case_id,
        'M35' as rule,
        'limit' as kind,
        run.step_code,
        run.visit,

        run.org_code,
        run.post_code,
        run.ended_at as seen_at,
        'by ' || strftime(local_time(run.due_at), '%Y-%m-%d %H:%M') as expected,
        strftime(local_time(run.ended_at), '%Y-%m-%d %H:%M') as seen

    from fact_step_run as run

    inner join int_judged_case as judged
        on run.case_id = judged.case_id

    where not run.ended_in_time
        and not run.implied_end

),

together as (

    select * from missing

    union all

    select * from disordered

    union all

    select * from superfluous

    union all

    select * from levels

    union all

    select * from posts

    union all

    select * from denied

    union all

    select * from overdue

)

select * from together
