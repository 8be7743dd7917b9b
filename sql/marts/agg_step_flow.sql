-- model: agg_step_flow
-- grain: month, org_code, process_code, step_code
-- kind:  sums
-- order: month, org_code, process_code, step_code
-- why:   what each step costs and what comes out of it: the amounts behind the steps that could be cut, the share of work
--        outside office hours and the runs that truly run side by side
select
    date_trunc('month', ended_date)::date as month,
    org_code,
    process_code,
    step_code,

    count(*) as n,
    count(*) filter (visit = 1) as n_first,
    count(*) filter (result is not null) as n_result,
    count(*) filter (result <> 'pass') as n_not_pass,
    count(*) filter (step_us >= 0 and queue_us >= 0) as n_timed,
    coalesce(sum(queue_work_us) filter (step_us >= 0 and queue_us >= 0), 0)::bigint as queue_work_us,
    coalesce(sum(step_work_us) filter (step_us >= 0 and queue_us >= 0), 0)::bigint as step_work_us,
    coalesce(sum(queue_us) filter (step_us >= 0 and queue_us >= 0), 0)::bigint as queue_us,
    coalesce(sum(step_us) filter (step_us >= 0 and queue_us >= 0), 0)::bigint as step_us,
    count(*) filter (off_hours) as n_off_hours,
    count(*) filter (ended_off_hours) as n_ended_off_hours

from fact_step_run

where ended_at is not null
    and not implied_end
    and not is_voided

group by all
