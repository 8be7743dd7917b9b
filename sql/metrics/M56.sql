-- metric:     M56
-- name_zh:    职责交叉
-- name_en:    Overlapping duties
-- formula_en: tasks executed by two or more sections that no boundary item covers ÷ tasks executed
-- formula_zh: 由两个以上科室执行且无职责边界事项覆盖的任务数 ÷ 已执行任务数
-- population_en: tasks with a valid duty record in the period; a boundary covers a task when all its sections, or their departments, lead or help in it
-- population_zh: 期内有有效履职记录的任务；其全部科室（或其部门）均在同一边界事项内即为已覆盖
-- kind:       derived
-- unit:       ratio
-- direction:  down
-- min_n:      1
-- why:        the sections are in v_overlap
select
    period_grain,
    period,
    region_code,
    sector_code,
    org_code,
    section_code,
    '*' as post_code,
    '*' as process_code,
    '*' as step_code,
    '-' as clock,
    'rate' as stat,
    count(*) filter (n_sections > 1 and not is_covered) as num,
    count(*) as den,
    count(*) as n

from agg_task_overlap

group by all
