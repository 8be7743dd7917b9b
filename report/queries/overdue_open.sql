-- query: overdue_open
-- grain: case_id; the twenty longest overdue
-- why:   counting finished cases alone rewards hiding the old ones. The step is the one that the case stands at
with

late as (

    select
        case_id,
        process_code,
        coalesce(owner_org, org_code) as org_code,
        local_date(accepted_at) as accepted_on,
        -- midnight is the end of the day before
        local_date(due_at - interval 1 microsecond) as due_on,
        overdue_wd as overdue_days,
        count(*) over () as total

    from v_case

    where
        is_open
        and on_time = false
        and ($region = '*' or region_in(region_code, $region))
        and ($sector = '*' or sector_code = $sector)
        and ($org = '*' or coalesce(owner_org, org_code) = $org)

    qualify row_number() over (order by overdue_wd desc, due_at, case_id) <= 20

),

standing as (

    select
        run.case_id,
        max_by(run.step_code, (coalesce(run.ended_at, run.started_at, run.claimed_at, run.arrived_at), run.step_code)) as step_code

    from v_step_run as run

    where run.case_id in (select late.case_id from late)

    group by all

)

select
    late.case_id,
    late.org_code,
    coalesce(dim_org.name, late.org_code) as org_name,
    late.process_code,
    coalesce(dim_process.name, late.process_code) as process_name,
    coalesce(dim_step.name, standing.step_code) as step_name,
    late.accepted_on,
    late.due_on,
    late.overdue_days,
    late.total

from late

left join standing
    on late.case_id = standing.case_id

left join dim_org
    on late.org_code = dim_org.org_code

left join dim_process
    on late.process_code = dim_process.process_code

left join dim_step
    on late.process_code = dim_step.process_code
    and standing.step_code = dim_step.step_code

order by late.overdue_days desc, late.due_on, late.case_id
