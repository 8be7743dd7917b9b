-- metric:     M23
-- name_zh:    即办率
-- name_en:    Same-day completion rate
-- formula_en: finished on the day of acceptance, or of the instant kind ÷ finished
-- formula_zh: 当日受理当日办结或即办件的件数 ÷ 办结件数
-- population_en: F with an end not before acceptance, by month of the end
-- population_zh: 办结不早于受理的正常办结件，按办结月份
-- unit:       ratio
-- direction:  up
-- min_n:      5
-- why:        the day is the local day of the lake's zone
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
    count(*) filter (finished_date = accepted_date or service_kind = 'instant') as num,
    count(*) as den,
    count(*) as n

from pop_case

where in_f
    and accepted_at is not null
    and ended_at >= accepted_at

group by all
