-- metric:     M01
-- name_zh:    任务覆盖率
-- name_en:    Tasks covered
-- formula_en: tasks with a valid duty record or a case in the period ÷ tasks in force and expected
-- formula_zh: 期内有履职记录或办件的任务数 ÷ 在册且应履职的任务数
-- population_en: tasks in force on the last day of the period, expected, with a frequency no longer than the period; a case counts for the task that it, its item or its process names
-- population_zh: 期末在册、应履职（expected_per_period>0）且频次不长于本期的任务；办件按其任务、事项或流程所属任务计
-- kind:       derived
-- unit:       ratio
-- direction:  up
-- min_n:      1
-- why:        does not add up over months: a task done in one month of a quarter is covered in the quarter
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
    count(*) filter (n_records + n_cases > 0) as num,
    count(*) as den,
    count(*) as n

from agg_task_period

where is_expected

group by all
