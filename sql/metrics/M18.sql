-- metric:     M18
-- name_zh:    环节执行频次
-- name_en:    Step frequency
-- formula_en: step runs; per case = runs ÷ cases that entered the step
-- formula_zh: 环节执行次数；每件次数 = 次数 ÷ 进入该环节的件数
-- population_en: all runs of valid cases, by month of the run's first event; a case enters a step with its first run of it
-- population_zh: 有效件的全部环节执行，按首个事件月份；首次执行计为进入
-- unit:       ratio
-- direction:  none
-- min_n:      5
-- why:        num is the frequency itself; cases are counted by their first run, so that months and units add up
select
    date_trunc('month', run_date)::date as month,
    region_code,
    sector_code,
    org_code,
    section_code,
    post_code,
    process_code,
    step_code,
    '-' as clock,
    'rate' as stat,
    count(*) as num,
    count(*) filter (visit = 1) as den,
    count(*) as n

from fact_step_run

where not is_voided

group by all
