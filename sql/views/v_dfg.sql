-- model: v_dfg
-- grain: process_code, from_step, to_step
-- kind:  view
-- why:   which step follows which, how often and after how long: seconds between the ends of consecutive runs. The median
--        is exact and so taken from the runs themselves when it is asked for
with

medians as (

    select
        process_code,
        previous_step as from_step,
        step_code as to_step,

        quantile_cont(follows_us, 0.5) as p50_us

    from fact_step_run

    where previous_step is not null
        and not is_voided

    group by all

)

select
    edge.from_step,
    edge.to_step,
    edge.n,
    seconds(edge.total_us) as total_s,
    seconds(edge.total_us) / edge.n as mean_s,
    seconds(medians.p50_us) as p50_s,
    edge.process_code,
    seconds(edge.total_work_us) as total_work_s,
    seconds(edge.total_work_us) / edge.n as mean_work_s

from agg_dfg as edge

left join medians
    on edge.process_code = medians.process_code
    and edge.from_step = medians.from_step
    and edge.to_step = medians.to_step
