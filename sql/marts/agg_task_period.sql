-- model: agg_task_period
-- grain: period_grain, period, task_code
-- kind:  table
-- order: period_grain, period, task_code
-- why:   the duty tasks in force at the end of each period, with what was done of them in it. A task is expected in periods
--        that are at least as long as its frequency: a yearly task is not idle in a month
with

ends as (

    select
        period_grain,
        period,
        until,
        least(until - 1, local_date(as_of())) as last_day

    from dim_period

),

-- a case counts for the task that it names, else for that of its item, else for that of the version of its process
named as (

    select
        activity.day,
        coalesce(
            case when activity.task_code not in ('~', '-') then activity.task_code end,
            item.task_code,
            nullif(activity.list_task_code, '-')
        ) as task_code,

        sum(activity.n_records) as n_records,
        sum(activity.n_cases) as n_cases

    from agg_org_task_day as activity

    left join stg_list_power as item
        on activity.item_code = item.item_code
        and activity.day >= item.valid_from
        and activity.day < item.valid_to

    where activity.n_records <> 0
        or activity.n_cases <> 0

    group by all

),

done as (

    select
        ends.period_grain,
        ends.period,
        named.task_code,

        sum(named.n_records)::bigint as n_records,
        sum(named.n_cases)::bigint as n_cases

    from ends

    inner join named
        on named.day >= ends.period
        and named.day <= ends.last_day

    where named.task_code is not null

    group by all

)

select
    ends.period_grain,
    ends.period,
    task.task_code,

    ends.last_day,
    task.name,
    task.duty_code,
    coalesce(org.region_code, '~') as region_code,
    coalesce(org.sector_code, '~') as sector_code,
    coalesce(org.dept_code, '~') as org_code,
    coalesce(task.section_code, '~') as section_code,
    coalesce(task.process_code, '~') as process_code,
    task.post_codes,
    coalesce(
        task.expected_per_period > 0
        and case task.frequency
            when 'quarterly' then ends.period_grain <> 'month'
            when 'yearly' then ends.period_grain = 'year'
            else true
        end,
        false
    ) as is_expected,
    task.risk_policy or task.risk_discretion or task.risk_integrity as is_high_risk,
    task.has_scope and task.has_procedure and task.has_limit and task.has_standard as is_complete,
    coalesce(done.n_records, 0) as n_records,
    coalesce(done.n_cases, 0) as n_cases

from ends

inner join stg_list_task as task
    on ends.last_day >= task.valid_from
    and ends.last_day < task.valid_to

left join dim_org_period as org
    on ends.period_grain = org.period_grain
    and ends.period = org.period
    and task.section_code = org.org_code

left join done
    on ends.period_grain = done.period_grain
    and ends.period = done.period
    and task.task_code = done.task_code
