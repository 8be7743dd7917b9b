-- model: int_group_overlap
-- grain: case_id, run_pos
-- kind:  table
-- entity: case_id
-- why:   whether the runs of a parallel group truly run at the same time (M38): only where the case ran another step of the
--        group, both with a beginning and an end that were sent
with

runs as (

    select
        case_id,
        run_pos,
        step_code,
        parallel_group,

        begin_at,
        sent_ended_at

    from int_run_clock

    where parallel_group is not null
        and begin_at <= sent_ended_at

)

select
    run.case_id,
    run.run_pos,

    bool_or(run.begin_at < other.sent_ended_at and other.begin_at < run.sent_ended_at) as overlaps_group

from runs as run

inner join runs as other
    on run.case_id = other.case_id
    and run.parallel_group = other.parallel_group
    and run.step_code <> other.step_code

group by all
