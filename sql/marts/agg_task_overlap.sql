-- model: agg_task_overlap
-- grain: period_grain, period, task_code
-- kind:  table
-- order: period_grain, period, task_code
-- why:   the tasks that were done in a period, by how many sections, and whether a boundary item covers all of them
with

ends as (

    select
        period_grain,
        period,
        least(until - 1, local_date(as_of())) as last_day

    from dim_period

),

doers as (

    select distinct
        ends.period_grain,
        ends.period,
        ends.last_day,
        activity.task_code,
        activity.section_code

    from ends

    inner join agg_org_task_day as activity
        on activity.day >= ends.period
        and activity.day <= ends.last_day

    where activity.n_records > 0
        and activity.task_code not in ('~', '-')
        and activity.section_code not in ('~', '-')

),

tasks as (

    select
        period_grain,
        period,
        last_day,
        task_code,

        count(*) as n_sections,
        string_agg(section_code, ';' order by section_code) as sections

    from doers

    group by all

),

-- how many of a task's sections, or their departments, each boundary names
named as (

    select
        doers.period_grain,
        doers.period,
        doers.task_code,
        boundary.boundary_code,

        count(*) as n_named

    from tasks

    inner join doers
        on tasks.period_grain = doers.period_grain
        and tasks.period = doers.period
        and tasks.task_code = doers.task_code

    left join dim_org_period as org
        on doers.period_grain = org.period_grain
        and doers.period = org.period
        and doers.section_code = org.org_code

    inner join stg_list_boundary as boundary
        on doers.last_day >= boundary.valid_from
        and doers.last_day < boundary.valid_to

    where tasks.n_sections > 1
        and (
            boundary.task_codes is null
            or list_contains(string_split(boundary.task_codes, ';'), doers.task_code)
        )
        and list_contains(
            string_split(boundary.lead || ';' || boundary.peers, ';'),
            case when boundary.scope = 'section' then doers.section_code else org.dept_code end
        )

    group by all

),

covered as (

    select
        period_grain,
        period,
        task_code,
        max(n_named) as n_named

    from named

    group by all

)

select
    tasks.period_grain,
    tasks.period,
    tasks.task_code,

    tasks.n_sections,
    tasks.sections,
    coalesce(covered.n_named >= tasks.n_sections, false) as is_covered,
    coalesce(org.region_code, '~') as region_code,
    coalesce(org.sector_code, '~') as sector_code,
    coalesce(org.dept_code, '~') as org_code,
    coalesce(task.section_code, '~') as section_code

from tasks

left join covered
    on tasks.period_grain = covered.period_grain
    and tasks.period = covered.period
    and tasks.task_code = covered.task_code

left join dim_task as task
    on tasks.task_code = task.task_code

left join dim_org_period as org
    on tasks.period_grain = org.period_grain
    and tasks.period = org.period
    and task.section_code = org.org_code
