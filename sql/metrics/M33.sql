-- metric:     M33
-- name_zh:    多余和超次率
-- name_en:    Superfluous steps
-- formula_en: cases with a step that the version does not have, or visited more often than it allows ÷ F
-- formula_zh: 有版本外环节或超次环节的件数 ÷ 正常办结件
-- population_en: F with step runs whose process version is declared, by month of the finish
-- population_zh: 有环节记录且流程版本已入清单的正常办结件，按办结月份
-- unit:       ratio
-- direction:  down
-- min_n:      5
-- why:        the rows behind it are in v_deviation
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
    count(*) filter (n_superfluous > 0) as num,
    count(*) as den,
    count(*) as n

from pop_case

where in_f
    and is_judged

group by all
