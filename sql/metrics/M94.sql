-- metric:     M94
-- name_zh:    一致率
-- name_en:    Consistency
-- formula_en: finished cases without a contradiction ÷ finished cases
-- formula_zh: 无矛盾的办结件 ÷ 办结件
-- population_en: F and X, by month of the finish
-- population_zh: 正常办结和非正常办结件，按办结月份
-- unit:       ratio
-- direction:  up
-- min_n:      5
-- why:        contradictions are a finish without or before an acceptance, a step that ends before it begins or begins before it arrives, and a step event after the end
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
    count(*) filter (not is_contradictory) as num,
    count(*) as den,
    count(*) as n

from pop_case

where in_f
    or in_x

group by all
