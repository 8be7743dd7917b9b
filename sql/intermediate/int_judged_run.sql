-- model: int_judged_run
-- grain: case_id, run_pos
-- kind:  table
-- entity: case_id
-- why:   the runs of the judged cases beside what the version of their case declares. When a run began is what was sent; where
--        only its end was, it is judged by its end, in favour of who did it
select
    run.case_id,
    run.run_pos,

    text_or_unknown(run.step_code) as step_code,
    run.nth_visit::integer as visit,
    run.org_code,
    text_or_unknown(run.post_code) as post_code,
    run.run_date,
    run.approval_level,
    run.last_at,
    run.begin_at as begun_at,
    run.sent_ended_at as done_at,

    judged.process_code,
    judged.ver,
    judged.anchor_date,
    declared.step_code is not null as is_declared,
    declared.max_visits,
    declared.role,
    declared.approval_level as declared_level

from int_run_clock as run

inner join int_judged_case as judged
    on run.case_id = judged.case_id

left join int_step_version as declared
    on judged.process_code = declared.process_code
    and judged.ver = declared.ver
    and run.step_code = declared.step_code
    and judged.anchor_date >= declared.holds_from
    and judged.anchor_date < declared.holds_to
