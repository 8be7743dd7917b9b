-- metric:     M04
-- name_zh:    采集覆盖率（科室）
-- name_en:    Sections that sent data
-- formula_en: sections with any record in the period ÷ sections in force
-- formula_zh: 期内有数据的科室数 ÷ 在册科室数
-- population_en: sections in force on the last day of the period
-- population_zh: 期末在册科室
-- kind:       derived
-- unit:       ratio
-- direction:  up
-- min_n:      1
-- why:        what no section sends cannot be judged; see M04r for regions
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
    'rate' as stat,
    count(*) filter (n_days > 0) as num,
    count(*) as den,
    count(*) as n

from agg_unit_period

where kind = 'section'

group by all
