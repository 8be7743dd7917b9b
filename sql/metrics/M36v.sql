-- metric:     M36v
-- kind:       derived
-- name_zh:    变体数
-- name_en:    Number of variants
-- formula_en: distinct variants of the process
-- formula_zh: 本流程不同路径数
-- population_en: valid cases with step runs, by month, quarter or year of their last step event
-- population_zh: 有环节记录的有效件，按最后环节事件所在月、季、年
-- unit:       count
-- direction:  down
-- min_n:      30
-- why:        it grows with the number of cases and is never compared between units or periods: M36e and M36n are
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
    n_variants as num,
    1 as den,
    n_cases as n

from agg_variant_figure
