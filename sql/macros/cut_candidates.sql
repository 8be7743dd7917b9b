-- macro: cut_candidates(min_waiting := 0.8, max_not_pass := 0.02, least_n := 30)
-- kind:  table
-- publish: yes
-- why:   steps that a reform could cut, merge or hand down, because cases mostly wait for them and they almost never decide
--        otherwise than to pass. The shares are of all months; a step whose results are not sent is no candidate
with

summed as (

    select
        process_code,
        step_code,

        sum(n) as n,
        sum(n_result) as n_result,
        sum(n_not_pass) as n_not_pass,
        sum(queue_work_us) as queue_work_us,
        sum(queue_work_us) + sum(step_work_us) as sojourn_work_us

    from agg_step_flow

    group by all

),

shares as (

    select
        process_code,
        step_code,
        n,

        case when sojourn_work_us > 0 then queue_work_us / sojourn_work_us::double end as waiting_share,
        case when n_result > 0 then n_not_pass / n_result::double end as not_pass_share,
        seconds(queue_work_us) as waiting_work_s

    from summed

)

select *

from shares

where n >= least_n
    and waiting_share > min_waiting
    and not_pass_share < max_not_pass

order by
    waiting_work_s desc,
    process_code,
    step_code
