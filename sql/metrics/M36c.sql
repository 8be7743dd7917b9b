-- metric:     M36c
-- kind:       derived
-- name_zh:    覆盖八成办件的变体数
-- name_en:    Variants that cover 80 % of the cases
-- formula_en: variants, the most frequent first, until they hold 80 % of the cases
-- formula_zh: 由多到少累计至 80% 办件所需路径数
-- population_en: valid cases with step runs, by month, quarter or year of their last step event
-- population_zh: 有环节记录的有效件，按最后环节事件所在月、季、年
-- unit:       count
-- direction:  down
-- min_n:      30
-- why:        how many ways a definition has to foresee
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
    n_cover_80 as num,
    1 as den,
    n_cases as n

from agg_variant_figure
