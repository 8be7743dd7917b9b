-- metric:     M29c
-- name_zh:    补正率
-- name_en:    Correction rate
-- formula_en: cases with a notice of correction ÷ (accepted + refused)
-- formula_zh: 发出补正告知的件数 ÷（受理件数 + 不予受理件数）
-- population_en: A by month of acceptance and refused cases by month of refusal
-- population_zh: 受理件按受理月份，不予受理件按其月份
-- unit:       ratio
-- direction:  down
-- min_n:      5
-- why:        papers that are asked for again mean a guide that did not say so
with

rows as (

    select
        accepted_date as on_date,
        region_code,
        sector_code,
        owner_org,
        owner_section,
        process_code,
        case when n_correct_notice > 0 then 1 else 0 end as num,
        1 as den

    from pop_case

    where in_a

    union all

    select
        refused_date as on_date,
        region_code,
        sector_code,
        owner_org,
        owner_section,
        process_code,
        case when n_correct_notice > 0 then 1 else 0 end as num,
        1 as den

    from pop_case

    where is_valid
        and refused_at is not null

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
