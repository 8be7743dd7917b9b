-- metric:     M07t
-- name_zh:    未落岗任务率
-- name_en:    Tasks without a post
-- formula_en: tasks without a post ÷ tasks
-- formula_zh: 未落实到岗位的任务数 ÷ 任务数
-- population_en: tasks in force on the last day of the period
-- population_zh: 期末在册任务
-- kind:       derived
-- unit:       ratio
-- direction:  down
-- min_n:      1
-- why:        v_undivided names them
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
    count(*) filter (post_codes is null) as num,
    count(*) as den,
    count(*) as n

from agg_task_period

group by all
