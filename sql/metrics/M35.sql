-- metric:     M35
-- name_zh:    环节时限违规率
-- name_en:    Steps over limit
-- formula_en: cases with a step ended after it was due ÷ F
-- formula_zh: 有环节超时限的件数 ÷ 正常办结件
-- population_en: F with step runs whose process version is declared, by month of the finish
-- population_zh: 有环节记录且流程版本已入清单的正常办结件，按办结月份
-- unit:       ratio
-- direction:  down
-- min_n:      5
-- why:        a step may be late though the case is in time; steps that only the end of the case closed are left out
select
    date_trunc('month', finished_date)::date as month,
    region_code,
    sector_code,
    owner_org as org_code,
    owner_section as section_code,
    '*' as post_code,
    process_code,
    '*' as step_code,
    '-' as clock,
    'rate' as stat,
    count(*) filter (n_over_limit > 0) as num,
    count(*) as den,
    count(*) as n

from pop_case

where in_f
    and is_judged

group by all
