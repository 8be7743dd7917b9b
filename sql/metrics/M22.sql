-- metric:     M22
-- name_zh:    按时办结率
-- name_en:    On-time completion rate
-- formula_en: cases due that finished normally by their due time ÷ cases due
-- formula_zh: 到期件中按时正常办结的件数 ÷ 到期件数
-- population_en: D: due in the month and by the as-of time, open ones included; out: suspended within their limit, abnormal ends in time
-- population_zh: 到期时间在本月且不晚于统计时点的件，含未办结件；不含仍在特别程序时限内的件和按时非正常办结件
-- unit:       ratio
-- direction:  up
-- min_n:      5
-- why:        counting finished cases only would reward hiding old ones
select
    date_trunc('month', due_date)::date as month,
    region_code,
    sector_code,
    owner_org as org_code,
    owner_section as section_code,
    '*' as post_code,
    process_code,
    '*' as step_code,
    '-' as clock,
    'rate' as stat,
    count(*) filter (in_f and ended_in_time) as num,
    count(*) as den,
    count(*) as n

from pop_case

where in_d

group by all
