-- metric:     M24
-- name_zh:    提前办结率
-- name_en:    Early completion rate
-- formula_en: finished in less than the promised limit ÷ finished
-- formula_zh: 实际用时少于承诺时限的件数 ÷ 件数
-- population_en: F with a promise of at least one working day and an end not before acceptance, by month of the end
-- population_zh: 承诺时限不少于一个工作日且办结不早于受理的正常办结件，按办结月份
-- unit:       ratio
-- direction:  up
-- min_n:      5
-- why:        elapsed and promise are compared in the promise's own unit, less the credit of special procedures
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
    count(*) filter (elapsed_us < promised_us) as num,
    count(*) as den,
    count(*) as n

from pop_case

where in_f
    and accepted_at is not null
    and ended_at >= accepted_at
    and elapsed_us is not null
    and elapsed_unit = promised_unit
    and promised_us >= case when promised_unit in ('wh', 'wmin') then day_us else 86400000000 end

group by all
