-- metric:     M30
-- name_zh:    流程合规率
-- name_en:    Conforming cases
-- formula_en: cases without any of M31 to M35 ÷ F
-- formula_zh: 无 M31 至 M35 任一情形的件数 ÷ 正常办结件
-- population_en: F with step runs whose process version is declared, by month of the finish
-- population_zh: 有环节记录且流程版本已入清单的正常办结件，按办结月份
-- unit:       ratio
-- direction:  up
-- min_n:      5
-- why:        what is judged is the version valid at acceptance; a case whose steps are not told, or whose version is not declared, is judged neither way
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
    count(*) filter (conforms) as num,
    count(*) as den,
    count(*) as n

from pop_case

where in_f
    and is_judged

group by all
