-- metric:     M20r
-- name_zh:    重复执行次数
-- name_en:    Repeated runs per case
-- formula_en: repeated runs, that is visits − 1 summed, ÷ cases
-- formula_zh: 重复执行次数（各环节执行次数 − 1 之和）÷ 件数
-- population_en: valid cases with step runs, by month of their last step event
-- population_zh: 有环节记录的有效件，按最后环节事件月份
-- unit:       count
-- direction:  down
-- min_n:      5
-- why:        how much is done again, where M20 says in how many cases
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
    'mean' as stat,
    sum(n_repeats) as num,
    count(*) as den,
    count(*) as n

from pop_case

where is_valid
    and n_steps > 0

group by all
