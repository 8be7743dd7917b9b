-- metric:     M36n
-- kind:       derived
-- name_zh:    稀释变体数
-- name_en:    Variants among 1,000 cases
-- formula_en: variants to expect among 1,000 cases drawn from those of the process
-- formula_zh: 从本流程办件中抽取 1,000 件时预期的路径数
-- population_en: valid cases with step runs, by month, quarter or year of their last step event
-- population_zh: 有环节记录的有效件，按最后环节事件所在月、季、年
-- unit:       count
-- direction:  down
-- min_n:      30
-- why:        rarefaction: the number of variants as if every period had 1,000 cases; none below 1,000
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
    rarefied_micro as num,
    1000000 as den,
    n_cases as n

from agg_variant_figure

where rarefied_micro is not null
