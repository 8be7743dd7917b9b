-- metric:     M07
-- name_zh:    未分解职责率
-- name_en:    Duties without a task
-- formula_en: duties without a task in force ÷ duties
-- formula_zh: 无在册任务的职责数 ÷ 职责数
-- population_en: duties in force on the last day of the period
-- population_zh: 期末在册职责
-- kind:       derived
-- unit:       ratio
-- direction:  down
-- min_n:      1
-- why:        v_undivided names them; M07t has the tasks without a post
with

ends as (

    select
        period_grain,
        period,
        least(until - 1, local_date(as_of())) as last_day

    from dim_period

),

counted as (

    select
        period_grain,
        period,
        duty_code,
        count(*) as n_tasks

    from agg_task_period

    where duty_code is not null

    group by all

),

duties as (

    select
        ends.period_grain,
        ends.period,
        duty.org_code as unit_code,
        coalesce(counted.n_tasks, 0) as n_tasks

    from ends

    inner join stg_list_duty as duty
        on ends.last_day >= duty.valid_from
        and ends.last_day < duty.valid_to

    left join counted
        on ends.period_grain = counted.period_grain
        and ends.period = counted.period
        and duty.duty_code = counted.duty_code

)

select
    duties.period_grain,
    duties.period,
    coalesce(org.region_code, '~') as region_code,
    coalesce(org.sector_code, '~') as sector_code,
    coalesce(org.dept_code, duties.unit_code) as org_code,
    case when org.kind = 'section' then duties.unit_code else '*' end as section_code,
    '*' as post_code,
    '*' as process_code,
    '*' as step_code,
    '-' as clock,
    'rate' as stat,
    count(*) filter (duties.n_tasks = 0) as num,
    count(*) as den,
    count(*) as n

from duties

left join dim_org_period as org
    on duties.period_grain = org.period_grain
    and duties.period = org.period
    and duties.unit_code = org.org_code

group by all
