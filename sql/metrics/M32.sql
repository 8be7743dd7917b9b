-- metric:     M32
-- name_zh:    逆序率
-- name_en:    Wrong order
-- formula_en: cases with a step begun before the end of a predecessor ÷ F
-- formula_zh: 前置环节未结束即开始的件数 ÷ 正常办结件
-- population_en: F with step runs whose process version is declared, by month of the finish
-- population_zh: 有环节记录且流程版本已入清单的正常办结件，按办结月份
-- unit:       ratio
-- direction:  down
-- min_n:      5
-- why:        steps of one parallel group never wait for each other; a run whose beginning is not told is judged by its end
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
    count(*) filter (n_disordered > 0) as num,
    count(*) as den,
    count(*) as n

from pop_case

where in_f
    and is_judged

group by all
