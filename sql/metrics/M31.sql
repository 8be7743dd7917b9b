-- metric:     M31
-- name_zh:    漏环节率
-- name_en:    Missing steps
-- formula_en: cases that did not run a mandatory step ÷ F
-- formula_zh: 漏必经环节的件数 ÷ 正常办结件
-- population_en: F with step runs whose process version is declared, by month of the finish
-- population_zh: 有环节记录且流程版本已入清单的正常办结件，按办结月份
-- unit:       ratio
-- direction:  down
-- min_n:      5
-- why:        a denied case is not asked for the steps after the one that it came to
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
    count(*) filter (n_missing > 0) as num,
    count(*) as den,
    count(*) as n

from pop_case

where in_f
    and is_judged

group by all
