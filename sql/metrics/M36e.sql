-- metric:     M36e
-- kind:       derived
-- name_zh:    变体熵
-- name_en:    Entropy of the variants
-- formula_en: −Σ p·log2 p over the variants of the process, in bits
-- formula_zh: −Σ p·log2 p，单位为比特
-- population_en: valid cases with step runs, by month, quarter or year of their last step event
-- population_zh: 有环节记录的有效件，按最后环节事件所在月、季、年
-- unit:       count
-- direction:  down
-- min_n:      30
-- why:        0 is one way for all; it may be compared between periods of different size
select
    period_grain,
    period,
    '*' as region_code,
    '*' as sector_code,
    '*' as org_code,
    '*' as section_code,
    '*' as post_code,
    process_code,
    '*' as step_code,
    '-' as clock,
    'mean' as stat,
    entropy_micro as num,
    n_cases * 1000000 as den,
    n_cases as n

from agg_variant_figure
