-- metric:     M22e
-- name_zh:    延期件按时办结率
-- name_en:    On-time rate of extended cases
-- formula_en: extended cases due that finished normally by their due time ÷ extended cases due
-- formula_zh: 延期件中按时正常办结的件数 ÷ 到期的延期件数
-- population_en: the cases of D whose limit an extension moved; den ÷ the den of M22 is their share
-- population_zh: 经批准延长时限的到期件；分母与M22分母之比即延期件占比
-- unit:       ratio
-- direction:  up
-- min_n:      5
-- why:        extended cases count apart: a unit that meets its limits by extending them shows here
select
    date_trunc('month', due_date)::date as month,
    region_code,
    sector_code,
    owner_org as org_code,
    owner_section as section_code,
    '*' as post_code,
    process_code,
    '*' as step_code,
    '-' as clock,
    'rate' as stat,
    count(*) filter (in_f and ended_in_time) as num,
    count(*) as den,
    count(*) as n

from pop_case

where in_d
    and n_extensions > 0

group by all
