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
    date_trunc('month', pop_case.finished_date)::date as month,
    pop_case.region_code,
    pop_case.sector_code,
    pop_case.owner_org as org_code,
    pop_case.owner_section as section_code,
    '*' as post_code,
    pop_case.process_code,
    '*' as step_code,
    '-' as clock,
    'rate' as stat,
    count(*) filter (judged.n_disordered > 0) as num,
    count(*) as den,
    count(*) as n

from pop_case

inner join fact_conformance as judged
    on pop_case.case_id = judged.case_id

where pop_case.in_f

group by all
