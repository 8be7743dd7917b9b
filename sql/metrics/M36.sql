-- metric:     M36
-- name_zh:    变体集中度
-- name_en:    Variant concentration
-- formula_en: cases on the most frequent variant of their process ÷ cases
-- formula_zh: 走本流程最常见路径的件数 ÷ 件数
-- population_en: valid cases with step runs, by month of their last step event
-- population_zh: 有环节记录的有效件，按最后环节事件月份
-- kind:       derived
-- unit:       ratio
-- direction:  up
-- min_n:      30
-- why:        the number of variants grows with the number of cases, so only shares are compared; the variants are in v_variant
select
    dim_period.period_grain,
    dim_period.period,
    counted.region_code,
    counted.sector_code,
    counted.org_code,
    counted.section_code,
    '*' as post_code,
    counted.process_code,
    '*' as step_code,
    '-' as clock,
    'rate' as stat,
    coalesce(sum(counted.n) filter (variant.rank = 1), 0) as num,
    sum(counted.n) as den,
    sum(counted.n) as n

from agg_variant_month as counted

inner join agg_variant as variant
    on counted.process_code = variant.process_code
    and counted.variant_id = variant.variant_id

inner join dim_period
    on counted.month >= dim_period.period
    and counted.month < dim_period.until

group by all
