-- model: agg_bottleneck
-- grain: process_code, step_code
-- kind:  table
-- order: process_code, step_code
-- why:   where a process loses its time, as a share of the whole: a total, because a mean would name rare steps
with

totals as (

    select
        process_code,
        step_code,
        basis,

        sum(n_runs)::bigint as n,
        sum(us) as total_us

    from pop_bottleneck

    group by all

),

ranked as (

    select
        *,

        sum(total_us) over (partition by process_code) as process_us,
        rank() over (partition by process_code order by total_us desc) as rank

    from totals

)

select * from ranked
