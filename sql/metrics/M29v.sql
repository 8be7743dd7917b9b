-- metric:     M29v
-- name_zh:    作废率
-- name_en:    Void rate
-- formula_en: voided ÷ (accepted + voided)
-- formula_zh: 作废件数 ÷（受理件数 + 作废件数）
-- population_en: A by month of acceptance and voided cases by month of voiding, each by its own month
-- population_zh: 受理件按受理月份，作废件按作废月份
-- unit:       ratio
-- direction:  down
-- min_n:      5
-- why:        voiding can clean the record: a voided case leaves every other figure
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
        ended_date as on_date,
        region_code,
        sector_code,
        owner_org,
        owner_section,
        process_code,
        1 as num,
        1 as den

    from pop_case

    where not is_valid

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
