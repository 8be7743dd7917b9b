-- check: run_events
-- severity: error
-- why:   every run belongs to a case, and every case counts its runs
select
    coalesce(run.case_id, head.case_id) as case_id,
    head.n_steps,
    run.n as runs

from fact_case as head

full outer join (
    select
        case_id,
        count(*) as n

    from fact_step_run

    group by all
) as run
    on head.case_id = run.case_id

where coalesce(head.n_steps, -1) <> coalesce(run.n, 0)
