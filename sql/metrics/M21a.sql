-- metric:     M21a
-- name_zh:    办结率（期间口径）
-- name_en:    Completion rate, by period
-- formula_en: F ended in the month ÷ A accepted in the month
-- formula_zh: 本月正常办结件数 ÷ 本月受理件数
-- population_en: both sides counted apart, each by its own month; may exceed 100 %
-- population_zh: 分子分母各按其月份；可超过 100%
-- unit:       ratio
-- direction:  up
-- min_n:      5
-- why:        the rate of the bulletins; a month that only finishes old cases still has a row
with

rows as (

    select
        accepted_date as on_date,
        region_code,
        sector_code,
        owner_org,
        owner_section,
        process_code,
        0 as num,
        1 as den

    from pop_case

    where in_a

    union all

    select
        finished_date as on_date,
        region_code,
        sector_code,
        owner_org,
        owner_section,
        process_code,
        1 as num,
        0 as den

    from pop_case

    where in_f

)

select
    date_trunc('month', on_date)::date as month,
    region_code,
    sector_code,
    owner_org as org_code,
    owner_section as section_code,
    '*' as post_code,
    process_code,
    '*' as step_code,
    '-' as clock,
    'rate' as stat,
    sum(num) as num,
    sum(den) as den,
    sum(den) as n

from rows

group by all
