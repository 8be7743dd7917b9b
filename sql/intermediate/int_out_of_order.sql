-- model: int_out_of_order
-- grain: case_id, run_pos
-- kind:  table
-- entity: case_id
-- why:   the runs that began before a predecessor had ended (M32): one that ran had no end by then, or was under way again. A
--        predecessor that never ran is a missing step and no wrong order; one whose end was never sent is judged by what was
--        sent of it, for a record that got lost is no wrong order either
with

pairs as (

    select
        run.case_id,
        run.run_pos,
        predecessor.predecessor,

        coalesce(bool_or(coalesce(before.done_at, before.last_at) <= coalesce(run.begun_at, run.done_at)), false) as has_ended,
        coalesce(
            bool_or(
                before.begun_at < coalesce(run.begun_at, run.done_at)
                and before.done_at > coalesce(run.begun_at, run.done_at)
            ),
            false
        ) as is_under_way

    from int_judged_run as run

    inner join int_step_predecessor as predecessor
        on run.process_code = predecessor.process_code
        and run.ver = predecessor.ver
        and run.step_code = predecessor.step_code
        and run.anchor_date >= predecessor.holds_from
        and run.anchor_date < predecessor.holds_to

    inner join int_judged_run as before
        on run.case_id = before.case_id
        and predecessor.predecessor = before.step_code

    where coalesce(run.begun_at, run.done_at) is not null

    group by all

)

select
    case_id,
    run_pos,

    string_agg(predecessor, ' ' order by predecessor) as predecessors

from pairs

where not has_ended
    or is_under_way

group by all
