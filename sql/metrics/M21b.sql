-- metric:     M21b
-- name_zh:    办结率（批次口径）
-- name_en:    Completion rate, by cohort
-- formula_en: of the cases accepted in the month: finished by the as-of time ÷ (accepted − abnormally ended)
-- formula_zh: 本月受理件中截至统计时点已正常办结的件数 ÷（受理件数 − 非正常办结件数）
-- population_en: A less X, by month of acceptance
-- population_zh: 受理件除去非正常办结件，按受理月份
-- unit:       ratio
-- direction:  up
-- min_n:      5
-- why:        never above 100 %; ripe months look better than fresh ones, so months must not be compared by it
select
    date_trunc('month', accepted_date)::date as month,
    region_code,
    sector_code,
    owner_org as org_code,
    owner_section as section_code,
    '*' as post_code,
    process_code,
    '*' as step_code,
    '-' as clock,
    'rate' as stat,
    count(*) filter (in_f) as num,
    count(*) as den,
    count(*) as n

from pop_case

where in_a
    and not in_x

group by all
