-- metric:     M36
-- name_zh:    变体集中度
-- name_en:    Variant concentration
-- formula_en: cases on the most frequent variant of their process ÷ cases
-- formula_zh: 走本流程最常见路径的件数 ÷ 件数
-- population_en: valid cases with step runs, by month of their last step event
-- population_zh: 有环节记录的有效件，按最后环节事件月份
-- unit:       ratio
-- direction:  up
-- min_n:      30
-- why:        the number of variants grows with the number of cases, so only shares are compared; the variants are in v_variant
select
    date_trunc('month', last_event_date)::date as month,
    region_code,
    sector_code,
    owner_org as org_code,
    owner_section as section_code,
    '*' as post_code,
    pop_case.process_code,
    '*' as step_code,
    '-' as clock,
    'rate' as stat,
    count(*) filter (variant.rank = 1) as num,
    count(*) as den,
    count(*) as n

from pop_case

inner join agg_variant as variant
    on pop_case.process_code = variant.process_code
    and pop_case.variant_id = variant.variant_id

where pop_case.is_valid
    and pop_case.n_steps > 0

group by all
