-- metric:     M02d
-- name_zh:    零履职部门
-- name_en:    Idle departments
-- formula_en: departments in force without any record in the period
-- formula_zh: 期内无任何记录的在册部门数
-- population_en: departments in force on the last day of the period; den is their number
-- population_zh: 期末在册部门，分母为其总数
-- kind:       derived
-- unit:       count
-- direction:  down
-- min_n:      1
-- why:        a department is idle when nothing in it was done; v_idle names them
select
    period_grain,
    period,
    region_code,
    sector_code,
    org_code,
    '*' as section_code,
    '*' as post_code,
    '*' as process_code,
    '*' as step_code,
    '-' as clock,
    'sum' as stat,
    count(*) filter (n_days = 0) as num,
    count(*) as den,
    count(*) as n

from agg_unit_period

where kind = 'department'

group by all
