-- model: v_process_version
-- grain: process_code, process_ver
-- kind:  view
-- why:   what a new version of a process changed: the cases of each version side by side, counted from the single cases, for a
--        version begins on any day of a month
select
    process_code,
    process_ver,
    count(*) filter (in_a) as n_accepted,
    count(*) filter (in_f) as n_finished,
    min(accepted_date) as first_accepted,
    max(accepted_date) as last_accepted,
    count(*) filter (in_d and in_f and ended_in_time) / nullif(count(*) filter (in_d), 0)::double as on_time_share,
    seconds(sum(work_us - suspended_work_us) filter (in_f and accepted_at is not null and work_us >= 0))
    / nullif(count(*) filter (in_f and accepted_at is not null and work_us >= 0), 0) as mean_net_work_s,
    seconds(quantile_cont(work_us - suspended_work_us, 0.5) filter (in_f and accepted_at is not null and work_us >= 0)) as p50_net_work_s,
    sum(n_steps) filter (in_f) / nullif(count(*) filter (in_f), 0)::double as steps_per_case,
    count(*) filter (in_f and has_rework) / nullif(count(*) filter (in_f), 0)::double as rework_share,
    count(*) filter (in_f and conforms) / nullif(count(*) filter (in_f and is_judged), 0)::double as conforming_share

from pop_case

where is_valid

group by all
