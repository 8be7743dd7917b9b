-- model: agg_rework
-- grain: month, region_code, sector_code, org_code, process_code, step_code, kind
-- kind:  sums
-- order: month, region_code, sector_code, org_code, process_code, step_code, kind
-- why:   what is done again and how: a run may be of several kinds, so kinds are never added
with

runs as (

    select
        date_trunc('month', run_date)::date as month,
        region_code,
        sector_code,
        org_code,
        process_code,
        step_code,

        visit > 1 as is_repeat,
        coalesce(previous_step = step_code, false) as is_self_loop,
        is_return,
        is_step_ping_pong,
        is_ping_pong

    from fact_step_run

    where not is_voided

),

kinds as (

    select
        runs.* exclude (is_repeat, is_self_loop, is_return, is_step_ping_pong, is_ping_pong),

        unnest(['repeat', 'self_loop', 'return', 'step_ping_pong', 'org_ping_pong']) as kind,
        unnest([is_repeat, is_self_loop, is_return, is_step_ping_pong, is_ping_pong]) as is_so

    from runs

    where is_repeat
        or is_self_loop
        or is_return
        or is_step_ping_pong
        or is_ping_pong

)

select
    month,
    region_code,
    sector_code,
    org_code,
    process_code,
    step_code,
    kind,

    count(*) as n

from kinds

where is_so

group by all
