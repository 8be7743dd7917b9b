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
        case_id,
        step_code,
        pos,

        action,
        -- a sender that numbers its visits is believed if it numbers all of them, or one run would be read as two
        case
            when count(visit) over (partition by case_id, step_code) = count(*) over (partition by case_id, step_code)
                then visit
            else 0
        end as run_key,
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
        assigned.case_id,
        assigned.step_code,
        assigned.run_key,
        assigned.run_no,

        min(event.pos) as first_pos,
        max(event.pos) as last_pos,
        min(event.event_time) as first_at,
        max(event.event_time) as last_at,
        coalesce(
            min(event.event_time) filter (event.action = 'step_arrive'),
            min(event.arrived_at)
        ) as sent_arrived_at,
        coalesce(
            min(event.event_time) filter (event.action = 'step_claim'),
            min(event.claimed_at)
        ) as claimed_at,
        coalesce(
            min(event.event_time) filter (event.action = 'step_start'),
            min(event.started_at)
        ) as started_at,
        max(event.event_time) filter (event.action in ('step_end', 'return')) as sent_ended_at,
        coalesce(
            bool_or(event.action = 'return' or (event.action = 'step_end' and event.result = 'return')),
            false
        ) as is_return,
        arg_min_null(event.previous_at, event.pos) as previous_at,
        arg_max_null(event.previous_step_at, event.pos) as previous_step_at,

        max_by(event.process_code, event.pos) as process_code,
        max_by(event.process_ver, event.pos) as process_ver,
        max_by(event.region_code, event.pos) as region_code,
        max_by(event.org_code, event.pos) as org_code,
        max_by(event.section_code, event.pos) as section_code,
        max_by(event.post_code, event.pos) as post_code,
        max_by(event.actor_id, event.pos) as actor_id,
        max_by(event.sector_code, event.pos) as sector_code,
        max_by(event.window_code, event.pos) as window_code,
        max_by(event.approval_level, event.pos) as approval_level,
        max_by(event.result, event.pos) as result

    from assigned

    inner join int_event as event
        on assigned.case_id = event.case_id
        and assigned.pos = event.pos

    group by all

)

select * from runs
