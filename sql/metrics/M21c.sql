-- metric:     M21c
-- name_zh:    环节办结率
-- name_en:    Step completion rate
-- formula_en: step runs ended by the as-of time ÷ step runs arrived in the month
-- formula_zh: 截至统计时点已结束的环节次数 ÷ 本月到达的环节次数
-- population_en: runs of valid cases with a known arrival, by month of arrival
-- population_zh: 到达时间已知的有效件环节，按到达月份
-- unit:       ratio
-- direction:  up
-- min_n:      5
-- why:        shows where runs lie; like M21b it grows as a month ripens
select
    date_trunc('month', arrived_date)::date as month,
    region_code,
    sector_code,
    org_code,
    section_code,
    post_code,
    process_code,
    step_code,
    '-' as clock,
    'rate' as stat,
    count(*) filter (ended_at is not null) as num,
    count(*) as den,
    count(*) as n

from fact_step_run

where arrived_at is not null
    and not is_voided

group by all
