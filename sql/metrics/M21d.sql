-- metric:     M21d
-- name_zh:    定期限办结率
-- name_en:    Completion rate within 30 working days
-- formula_en: finished normally within 30 working days of acceptance ÷ (accepted − ended abnormally within them)
-- formula_zh: 受理后30个工作日内正常办结的件数 ÷（受理件数 − 其间非正常办结件数）
-- population_en: A whose 30 working days are over by the as-of time, by month of acceptance
-- population_zh: 截至统计时点已满30个工作日的受理件，按受理月份
-- unit:       ratio
-- direction:  up
-- min_n:      5
-- why:        every case has had the same time, so this is the rate to compare months by; a month is complete once its last day is 30 working days old
select
    date_trunc('month', accepted_date)::date as month,
    region_code,
    sector_code,
    owner_org as org_code,
    owner_section as section_code,
    '*' as post_code,
    process_code,
    '*' as step_code,
    '-' as clock,
    'rate' as stat,
    count(*) filter (in_f and ended_at < cohort_until) as num,
    count(*) as den,
    count(*) as n

from pop_case

where in_a
    and cohort_until <= as_of()
    and not (in_x and ended_at < cohort_until)

group by all
