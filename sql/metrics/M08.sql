-- metric:     M08
-- name_zh:    要素完备率
-- name_en:    Elements of risky tasks
-- formula_en: high-risk tasks with scope, procedure, limit and standard set ÷ high-risk tasks
-- formula_zh: 四要素（范围、程序、时限、标准）齐全的高风险任务数 ÷ 高风险任务数
-- population_en: tasks in force on the last day of the period with any of the three risks
-- population_zh: 期末在册、有任一风险标志的任务
-- kind:       derived
-- unit:       ratio
-- direction:  up
-- min_n:      1
-- why:        a risk is high policy standard, wide discretion or integrity
select
    period_grain,
    period,
    region_code,
    sector_code,
    org_code,
    section_code,
    '*' as post_code,
    process_code,
    '*' as step_code,
    '-' as clock,
    'rate' as stat,
    count(*) filter (is_complete) as num,
    count(*) as den,
    count(*) as n

from agg_task_period

where is_high_risk

group by all
