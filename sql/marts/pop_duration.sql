-- model: pop_duration
-- grain: metric_id, clock, case_id, step_code, visit
-- kind:  view
-- why:   every single duration behind M10, M11, M12, M12b, M12bi, M13 and M17, so that means and exact percentiles come from the
--        same rows. Negative ones are wrong data: they stay in the facts and out of here, M13 with its M12, for both are cut
--        at the same begin
with

cases as (

    select
        'M10' as metric_id,
        case_id,
        '*' as step_code,
        0 as visit,

        finished_date as on_date,
        region_code,
        sector_code,
        owner_org as org_code,
        owner_section as section_code,
        '*' as post_code,
        process_code,
        wall_us - suspended_us as wall_us,
        work_us - suspended_work_us as work_us

    from pop_case

    where in_f
        and accepted_at is not null

    union all

    select
        'M11' as metric_id,
        case_id,
        '*' as step_code,
        0 as visit,

        finished_date as on_date,
        region_code,
        sector_code,
        owner_org as org_code,
        owner_section as section_code,
        '*' as post_code,
        process_code,
        whole_us as wall_us,
        whole_work_us as work_us

    from pop_case

    where in_f
        and whole_us is not null

),

runs as (

    select
        *,

        not implied_end and not is_voided and ended_at is not null as is_ended

    from fact_step_run

),

steps as (

    select
        'M12' as metric_id,
        case_id,
        step_code,
        visit,

        ended_date as on_date,
        region_code,
        sector_code,
        org_code,
        section_code,
        post_code,
        process_code,
        step_us as wall_us,
        step_work_us as work_us

    from runs

    where is_ended
        and step_us >= 0

    union all

    select
        'M13' as metric_id,
        case_id,
        step_code,
        visit,

        ended_date as on_date,
        region_code,
        sector_code,
        org_code,
        section_code,
        post_code,
        process_code,
        queue_us as wall_us,
        queue_work_us as work_us

    from runs

    where is_ended
        and step_us >= 0
        and queue_us is not null

    union all

    select
        case when implied_arrive then 'M12bi' else 'M12b' end as metric_id,
        case_id,
        step_code,
        visit,

        ended_date as on_date,
        region_code,
        sector_code,
        org_code,
        section_code,
        post_code,
        process_code,
        sojourn_us as wall_us,
        sojourn_work_us as work_us

    from runs

    where is_ended
        and sojourn_us is not null

    union all

    select
        'M17' as metric_id,
        case_id,
        step_code,
        visit,

        run_date as on_date,
        region_code,
        sector_code,
        org_code,
        section_code,
        post_code,
        process_code,
        handover_us as wall_us,
        handover_work_us as work_us

    from runs

    where is_handover
        and not is_voided
        and handover_us is not null

),

populations as (

    select * from cases

    union all

    select * from steps

),

clocked as (

    select
        * exclude (wall_us, work_us),

        'wall' as clock,
        wall_us as us

    from populations

    union all

    select
        * exclude (wall_us, work_us),

        'work' as clock,
        work_us as us

    from populations

    where wall_us >= 0

)

select *

from clocked

where us >= 0
