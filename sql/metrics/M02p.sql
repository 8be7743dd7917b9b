-- metric:     M02p
-- name_zh:    零履职岗位
-- name_en:    Idle posts
-- formula_en: posts in force without any record in the period
-- formula_zh: 期内无任何记录的在册岗位数
-- population_en: posts in force on the last day of the period, filled; den is their number
-- population_zh: 期末在册岗位（在岗），分母为其总数
-- kind:       derived
-- unit:       count
-- direction:  down
-- min_n:      1
-- why:        a post is idle when nobody recorded work or ended a step on it; v_idle names them
select
    period_grain,
    period,
    region_code,
    sector_code,
    dept_code as org_code,
    parent_org as section_code,
    org_code as post_code,
    '*' as process_code,
    '*' as step_code,
    '-' as clock,
    'sum' as stat,
    count(*) filter (n_days = 0) as num,
    count(*) as den,
    count(*) as n

from agg_unit_period

where kind = 'post'
    and is_filled

group by all
