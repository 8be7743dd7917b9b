-- model: agg_org_task_day
-- grain: day, region_code, sector_code, org_code, section_code, post_code, task_code, item_code, process_code, list_item_code, list_task_code
-- kind:  sums
-- order: day, org_code, section_code, post_code, task_code, item_code, process_code, region_code, sector_code, list_item_code, list_task_code
-- why:   who did what on which day: valid duty records by the day of the work, cases by the day of acceptance, runs of steps
--        by the day of their end. Coverage, idle tasks and idle posts follow from it. list_item_code and list_task_code are of the
--        version of the process that holds for the case
with

done as (

    select
        work_date as day,
        region_code,
        sector_code,
        org_code,
        section_code,
        post_code,
        task_code,
        '-' as item_code,
        '-' as process_code,
        '-' as list_item_code,
        '-' as list_task_code,
        count(*) as n_records,
        count(*) filter (list_kind = 'none') as n_off_list,
        0 as n_cases,
        0 as n_runs,
        sum(quantity) as quantity,
        coalesce(sum(minutes), 0) as minutes

    from fact_work

    where is_valid

    group by all

    union all

    select
        accepted_date as day,
        region_code,
        sector_code,
        owner_org as org_code,
        owner_section as section_code,
        '-' as post_code,
        task_code,
        item_code,
        process_code,
        list_item_code,
        list_task_code,
        0 as n_records,
        0 as n_off_list,
        count(*) as n_cases,
        0 as n_runs,
        0 as quantity,
        0 as minutes

    from pop_case

    where in_a

    group by all

    union all

    select
        ended_date as day,
        region_code,
        sector_code,
        org_code,
        section_code,
        post_code,
        '-' as task_code,
        '-' as item_code,
        '-' as process_code,
        '-' as list_item_code,
        '-' as list_task_code,
        0 as n_records,
        0 as n_off_list,
        0 as n_cases,
        count(*) as n_runs,
        0 as quantity,
        0 as minutes

    from fact_step_run

    where ended_at is not null
        and not implied_end
        and not is_voided

    group by all

)

select
    day,
    region_code,
    sector_code,
    org_code,
    section_code,
    post_code,
    task_code,
    item_code,
    process_code,
    list_item_code,
    list_task_code,

    sum(n_records)::bigint as n_records,
    sum(n_off_list)::bigint as n_off_list,
    sum(n_cases)::bigint as n_cases,
    sum(n_runs)::bigint as n_runs,
    sum(quantity)::decimal(38, 3) as quantity,
    sum(minutes)::hugeint as minutes

from done

group by all
