-- metric:     M26
-- name_zh:    超期率
-- name_en:    Overdue rate
-- formula_en: cases due that are late ÷ cases due
-- formula_zh: 到期件中超期件数 ÷ 到期件数
-- population_en: D, as for M22, with which the rate adds up to 100 %
-- population_zh: 与按时办结率相同，两率之和为 100%
-- unit:       ratio
-- direction:  down
-- min_n:      5
-- why:        an open case past its due time is late, whatever comes of it
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
    count(*) filter (not coalesce(in_f and ended_in_time, false)) as num,
    count(*) as den,
    count(*) as n

from pop_case

where in_d

group by all
