-- metric:     M36t
-- kind:       derived
-- name_zh:    前五变体占比
-- name_en:    Share of the five most frequent variants
-- formula_en: cases on the five most frequent variants of their process ÷ cases
-- formula_zh: 走本流程最常见五种路径的件数 ÷ 件数
-- population_en: valid cases with step runs, by month, quarter or year of their last step event
-- population_zh: 有环节记录的有效件，按最后环节事件所在月、季、年
-- unit:       ratio
-- direction:  up
-- min_n:      30
-- why:        whole processes only: which variants are the first five differs by unit, see variant_figures()
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
    'rate' as stat,
    n_top_5 as num,
    n_cases as den,
    n_cases as n

from agg_variant_figure
