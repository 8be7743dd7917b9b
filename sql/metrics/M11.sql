-- metric:     M11
-- name_zh:    全程时长
-- name_en:    Time from hand-in to delivery
-- formula_en: (deliver, else finish − submit) summed ÷ cases
-- formula_zh: Σ（送达，无送达则办结 − 申请）÷ 件数
-- population_en: F with a known hand-in, by month of the end; negative durations out
-- population_zh: 申请时间已知的正常办结件，按办结月份；时长为负的不计
-- unit:       s
-- direction:  down
-- min_n:      5
-- why:        what the applicant waits, the time before acceptance and special procedures included; a delivery that comes later moves the time, not the month
select
    date_trunc('month', on_date)::date as month,
    region_code,
    sector_code,
    org_code,
    section_code,
    '*' as post_code,
    process_code,
    '*' as step_code,
    clock as clock,
    'mean' as stat,
    sum(us) as num,
    count(*) as den,
    count(*) as n

from pop_duration

where metric_id = 'M11'

group by all
