-- metric:     M29r
-- name_zh:    退件率
-- name_en:    Rate of cases sent back
-- formula_en: cases returned ÷ (F + X)
-- formula_zh: 退回件数 ÷（正常办结 + 非正常办结件数）
-- population_en: cases ended normally or abnormally, by month of the end
-- population_zh: 正常和非正常办结件，按办结月份
-- unit:       ratio
-- direction:  down
-- min_n:      5
-- why:        one part of M29; the three add up to it
select
    date_trunc('month', ended_date)::date as month,
    region_code,
    sector_code,
    owner_org as org_code,
    owner_section as section_code,
    '*' as post_code,
    process_code,
    '*' as step_code,
    '-' as clock,
    'rate' as stat,
    count(*) filter (finish_kind = 'returned') as num,
    count(*) as den,
    count(*) as n

from pop_case

where in_f
    or in_x

group by all
