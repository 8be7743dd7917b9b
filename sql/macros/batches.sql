-- macro: batches(since, until, within_s := 60, least_n := 5)
-- kind:  table
-- publish: yes
-- why:   work that one person ended in one go: runs of the same step by the same actor, each within within_s seconds of the one
--        before, at least least_n of them. It may be good practice or entry after the fact, so it is shown and never scored
with

runs as (

    select
        org_code,
        section_code,
        actor_id,
        process_code,
        step_code,

        case_id,
        ended_at,
        us_between(
            lag(ended_at) over (partition by org_code, actor_id, process_code, step_code order by ended_at, case_id, visit),
            ended_at
        ) as gap_us,
        row_number() over (partition by org_code, actor_id, process_code, step_code order by ended_at, case_id, visit) as nth

    from fact_step_run

    where ended_date >= since
        and ended_date < until
        and not implied_end
        and not is_voided
        and actor_id <> '~'

),

marked as (

    select
        *,

        sum(case when gap_us <= within_s::bigint * 1000000 then 0 else 1 end) over (
            partition by org_code, actor_id, process_code, step_code
            order by nth
            rows between unbounded preceding and current row
        ) as batch_no

    from runs

),

grouped as (

    select
        org_code,
        section_code,
        actor_id,
        process_code,
        step_code,
        min(ended_at) as since_at,
        max(ended_at) as until_at,
        count(*) as n,
        count(distinct case_id) as n_cases,
        seconds(us_between(min(ended_at), max(ended_at))) as span_s

    from marked

    group by
        org_code,
        section_code,
        actor_id,
        process_code,
        step_code,
        batch_no

)

select *

from grouped

where n >= least_n

order by
    n desc,
    since_at,
    org_code,
    actor_id,
    process_code,
    step_code
