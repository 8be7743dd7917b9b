-- metric:     M02
-- name_zh:    零履职科室
-- name_en:    Idle sections
-- formula_en: sections in force without any record in the period
-- formula_zh: 期内无任何记录的在册科室数
-- population_en: sections in force on the last day of the period; den is their number
-- population_zh: 期末在册科室，分母为其总数
-- kind:       derived
-- unit:       count
-- direction:  down
-- min_n:      1
-- why:        what the list of idle sections counts; which they are is in v_idle
select
    period_grain,
    period,
    region_code,
    sector_code,
    dept_code as org_code,
    org_code as section_code,
    '*' as post_code,
    '*' as process_code,
    '*' as step_code,
    '-' as clock,
    'sum' as stat,
    count(*) filter (n_days = 0) as num,
    count(*) as den,
    count(*) as n

from agg_unit_period

where kind = 'section'

group by all
