-- metric:     M20
-- zh:         返工率
-- en:         Rework rate
-- formula:    cases with a step run twice or a return ÷ cases; mean = repeated runs ÷ cases
-- formula_zh: 有环节重复或退回的件数 ÷ 件数；均值 = 重复次数 ÷ 件数
-- population: valid cases with step runs, by month of their last step event
-- population_zh: 有环节记录的有效件，按最后环节事件月份
-- unit:       ratio
-- direction:  down
-- min_n:      5
-- why:        needs no acceptance, so that it holds for process-mining logs too
with

cases as (

    select
        date_trunc('month', last_event_date)::date as month,
        region_code,
        sector_code,
        owner_org as org_code,
        process_code,
        has_rework,
        n_repeats

    from pop_case

    where is_valid
        and n_steps > 0

),

rows as (

    select
        month,
        region_code,
        sector_code,
        org_code,
        process_code,
        '*' as step_code,
        '-' as clock,
        'rate' as stat,
        has_rework::integer as num,
        1 as den

    from cases

    union all

    select
        month,
        region_code,
        sector_code,
        org_code,
        process_code,
        '*' as step_code,
        '-' as clock,
        'mean' as stat,
        n_repeats as num,
        1 as den

    from cases

)

select
    month,
    region_code,
    sector_code,
    org_code,
    process_code,
    step_code,
    clock,
    stat,
    sum(num) as num,
    sum(den) as den,
    count(*) as n

from rows

group by all
