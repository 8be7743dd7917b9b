-- query: overdue_finished
-- grain: case_id; the twenty longest overdue
-- why:   the cases that were completed late in the period, for those who must answer for them
with

late as (

    select
        case_id,
        process_code,
        coalesce(owner_org, org_code) as org_code,
        local_date(accepted_at) as accepted_on,
        -- midnight is the end of the day before
        local_date(due_at - interval 1 microsecond) as due_on,
        local_date(ended_at) as finished_on,
        overdue_wd as overdue_days,
        count(*) over () as total

    from v_case

    where
        on_time = false
        and local_date(ended_at) >= $from::date
        and local_date(ended_at) < $to::date
        and ($region = '*' or region_in(region_code, $region))
        and ($sector = '*' or sector_code = $sector)
        and ($org = '*' or coalesce(owner_org, org_code) = $org)

    qualify row_number() over (order by overdue_wd desc, due_at, case_id) <= 20

)

select
    late.case_id,
    late.org_code,
    coalesce(dim_org.name, late.org_code) as org_name,
    late.process_code,
    coalesce(dim_process.name, late.process_code) as process_name,
    late.accepted_on,
    late.due_on,
    late.finished_on,
    late.overdue_days,
    late.total

from late

left join dim_org
    on late.org_code = dim_org.org_code

left join dim_process
    on late.process_code = dim_process.process_code

order by late.overdue_days desc, late.due_on, late.case_id
