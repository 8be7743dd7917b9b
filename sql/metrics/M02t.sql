-- metric:     M02t
-- name_zh:    零履职任务
-- name_en:    Idle tasks
-- formula_en: tasks in force without any record in the period
-- formula_zh: 期内无任何记录的在册任务数
-- population_en: tasks in force on the last day of the period, expected in it; den is their number
-- population_zh: 期末在册任务（应履职），分母为其总数
-- kind:       derived
-- unit:       count
-- direction:  down
-- min_n:      1
-- why:        tasks of the list that nobody did; v_idle names them
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
    'sum' as stat,
    count(*) filter (n_records + n_cases = 0) as num,
    count(*) as den,
    count(*) as n

from agg_task_period

where is_expected

group by all
