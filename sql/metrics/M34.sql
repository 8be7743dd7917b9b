-- metric:     M34
-- name_zh:    越权和层级不符率
-- name_en:    Wrong level or post
-- formula_en: cases with a step signed at another level or post than declared, or denied without the approval that the version asks for ÷ F
-- formula_zh: 层级或岗位不符、或未经审批即不予许可的件数 ÷ 正常办结件
-- population_en: F with step runs whose process version is declared, by month of the finish
-- population_zh: 有环节记录且流程版本已入清单的正常办结件，按办结月份
-- unit:       ratio
-- direction:  down
-- min_n:      5
-- why:        a role of a step is held against the post only where it is the name or the code of a post in the list of organisations
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
    count(*) filter (n_unauthorised > 0) as num,
    count(*) as den,
    count(*) as n

from pop_case

where in_f
    and is_judged

group by all
