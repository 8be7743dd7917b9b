-- metric:     M05
-- name_zh:    清单完备度
-- name_en:    Completeness of the lists
-- formula_en: table, chart, specification and mechanism that sections have ÷ four times the sections
-- formula_zh: 科室具备的“一表、一图、一规范、一机制”项数 ÷（4 × 科室数）
-- population_en: sections in force on the last day of the period; a table is a task, a chart or a specification one of any of its tasks, the mechanism a flag of the section
-- population_zh: 期末在册科室；有任务即有表，任一任务有流程图、工作规范即有图、有规范，机制见机构清单
-- kind:       derived
-- unit:       ratio
-- direction:  up
-- min_n:      1
-- why:        a mean over sections, each of 0 to 4
with

owned as (

    select
        shown.period_grain,
        shown.period,
        shown.section_code,

        bool_or(task.chart_flag) as has_chart,
        bool_or(task.spec_flag) as has_spec

    from agg_task_period as shown

    inner join stg_list_task as task
        on shown.task_code = task.task_code
        and shown.last_day >= task.valid_from
        and shown.last_day < task.valid_to

    group by all

)

select
    unit.period_grain,
    unit.period,
    unit.region_code,
    unit.sector_code,
    unit.dept_code as org_code,
    unit.org_code as section_code,
    '*' as post_code,
    '*' as process_code,
    '*' as step_code,
    '-' as clock,
    'rate' as stat,
    sum(
        (owned.section_code is not null)::bigint
        + coalesce(owned.has_chart, false)::bigint
        + coalesce(owned.has_spec, false)::bigint
        + unit.mechanism_flag::bigint
    ) as num,
    4 * count(*) as den,
    count(*) as n

from agg_unit_period as unit

left join owned
    on unit.period_grain = owned.period_grain
    and unit.period = owned.period
    and unit.org_code = owned.section_code

where unit.kind = 'section'

group by all
