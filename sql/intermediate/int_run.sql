-- model: int_run
-- grain: case_id, step_code, run_key, run_no
-- kind:  table
-- entity: case_id
-- why:   the runs of steps. An arrival opens a run; claim, start, end and return take the oldest open run of that step or
--        open one. Runs open and close in the same order, so the run of an event follows from how many were closed before
--        it and how many are open: a counter that never falls below zero, which is a running sum less its running minimum
with

steps as (

    select
        *,

        -- a sender that numbers its visits is believed
        coalesce(visit, 0) as run_key,
        case action
            when 'step_arrive' then 1
            when 'step_end' then -1
            when 'return' then -1
            else 0
        end as opens,
        case when action in ('step_end', 'return') then 0 else 1 end as at_least

    from int_event

    where is_step

),

summed as (

    select
        *,

        (sum(opens) over so_far)::bigint as balance,
        (count(*) filter (action in ('step_end', 'return')) over before)::bigint as closed_before

    from steps

    window
        so_far as (
            partition by case_id, step_code, run_key
            order by pos
            rows between unbounded preceding and current row
        ),
        before as (
            partition by case_id, step_code, run_key
            order by pos
            rows between unbounded preceding and 1 preceding
        )

),

counted as (

    select
        *,

        balance + greatest(
            0,
            max(at_least - balance) over (
                partition by case_id, step_code, run_key
                order by pos
                rows between unbounded preceding and current row
            )
        ) as open_after

    from summed

),

assigned as (

    select
        *,

        closed_before + 1 + case
            when action = 'step_arrive'
                then coalesce(lag(open_after) over (partition by case_id, step_code, run_key order by pos), 0)
            else 0
        end as run_no

    from counted

),

runs as (

    select
        case_id,
        step_code,
        run_key,
        run_no,

        min(pos) as first_pos,
        max(pos) as last_pos,
        min(event_time) as first_at,
        max(event_time) as last_at,
        coalesce(
            min(event_time) filter (action = 'step_arrive'),
            min(arrived_at)
        ) as sent_arrived_at,
        coalesce(
            min(event_time) filter (action = 'step_claim'),
            min(claimed_at)
        ) as claimed_at,
        coalesce(
            min(event_time) filter (action = 'step_start'),
            min(started_at)
        ) as started_at,
        max(event_time) filter (action in ('step_end', 'return')) as sent_ended_at,
        coalesce(bool_or(action = 'return'), false) as is_return,
        arg_min_null(previous_at, pos) as previous_at,
        arg_max_null(previous_step_at, pos) as previous_step_at,

        max_by(process_code, pos) as process_code,
        max_by(process_ver, pos) as process_ver,
        max_by(region_code, pos) as region_code,
        max_by(org_code, pos) as org_code,
        max_by(section_code, pos) as section_code,
        max_by(post_code, pos) as post_code,
        max_by(actor_id, pos) as actor_id,
        max_by(sector_code, pos) as sector_code,
        max_by(window_code, pos) as window_code,
        max_by(approval_level, pos) as approval_level,
        max_by(result, pos) as result

    from assigned

    group by all

)

select * from runs
