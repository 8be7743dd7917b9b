-- metric:     M19
-- name_zh:    非工作时段占比
-- name_en:    Share outside office hours
-- formula_en: runs ended outside office hours ÷ runs ended
-- formula_zh: 工作时间外结束的环节次数 ÷ 结束的环节次数
-- population_en: runs of valid cases with a sent end, by month of the end and the calendar of the step's unit
-- population_zh: 结束时间已报送的有效件环节，按结束月份和环节单位日历
-- unit:       ratio
-- direction:  none
-- min_n:      5
-- why:        work done at night may be zeal, or records filled in afterwards
select
    date_trunc('month', ended_date)::date as month,
    region_code,
    sector_code,
    org_code,
    section_code,
    post_code,
    process_code,
    step_code,
    '-' as clock,
    'rate' as stat,
    count(*) filter (ended_off_hours) as num,
    count(*) as den,
    count(*) as n

from fact_step_run

where ended_at is not null
    and not implied_end
    and not is_voided

group by all
