-- metric:     M01b
-- name_zh:    清单事项运行率
-- name_en:    Items in use
-- formula_en: power items with a case in the period ÷ items in force and expected
-- formula_zh: 期内有办件的权责事项数 ÷ 在册且应办理的事项数
-- population_en: items in force on the last day of the period with expected_per_period above 0; a case counts for the item that it or its process names
-- population_zh: 期末在册且预计有办件的事项；办件按其事项或流程所属事项计
-- kind:       derived
-- unit:       ratio
-- direction:  up
-- min_n:      1
-- why:        does not add up over months, see M01
with

ends as (

    select
        period_grain,
        period,
        least(until - 1, local_date(as_of())) as last_day

    from dim_period

),

used as (

    select distinct
        ends.period_grain,
        ends.period,
        coalesce(case when activity.item_code not in ('~', '-') then activity.item_code end, nullif(activity.list_item_code, '-')) as item_code

    from ends

    inner join agg_org_task_day as activity
        on activity.day >= ends.period
        and activity.day <= ends.last_day

    where activity.n_cases > 0

)

select
    ends.period_grain,
    ends.period,
    coalesce(org.region_code, '~') as region_code,
    coalesce(org.sector_code, '~') as sector_code,
    coalesce(org.dept_code, power.org_code) as org_code,
    case when org.kind = 'section' then power.org_code else '*' end as section_code,
    '*' as post_code,
    '*' as process_code,
    '*' as step_code,
    '-' as clock,
    'rate' as stat,
    count(used.item_code) as num,
    count(*) as den,
    count(*) as n

from ends

inner join stg_list_power as power
    on ends.last_day >= power.valid_from
    and ends.last_day < power.valid_to

left join used
    on ends.period_grain = used.period_grain
    and ends.period = used.period
    and power.item_code = used.item_code

left join dim_org_period as org
    on ends.period_grain = org.period_grain
    and ends.period = org.period
    and power.org_code = org.org_code

where power.expected_per_period > 0

group by all
