-- metric:     M20
-- name_zh:    返工率
-- name_en:    Rework rate
-- formula_en: cases with a step run twice or a return ÷ cases
-- formula_zh: 有环节重复或退回的件数 ÷ 件数
-- population_en: valid cases with step runs, by month of their last step event
-- population_zh: 有环节记录的有效件，按最后环节事件月份
-- unit:       ratio
-- direction:  down
-- min_n:      5
-- why:        needs no acceptance, so that it holds for process-mining logs too
select
    date_trunc('month', last_event_date)::date as month,
    region_code,
    sector_code,
    owner_org as org_code,
    owner_section as section_code,
    '*' as post_code,
    process_code,
    '*' as step_code,
    '-' as clock,
    'rate' as stat,
    count(*) filter (has_rework) as num,
    count(*) as den,
    count(*) as n

from pop_case

where is_valid
    and n_steps > 0

group by all
