-- metric:     M22b
-- name_zh:    环节按时率
-- name_en:    On-time rate of steps
-- formula_en: runs ended by their due time ÷ runs due
-- formula_zh: 到期环节中按时结束的次数 ÷ 到期环节次数
-- population_en: runs of valid cases with a limit, due in the month and by the as-of time, open ones included; a run that nobody ended counts late if its case outlived the due time, else it is out
-- population_zh: 有时限、到期时间在本月且不晚于统计时点的有效件环节，含未结束的；未报送结束的环节，到期时件未结束的计为超期，否则不计
-- unit:       ratio
-- direction:  up
-- min_n:      5
-- why:        as M22 an open run that is late counts, and leaving the end unsent does not hide it
select
    date_trunc('month', due_date)::date as month,
    region_code,
    sector_code,
    org_code,
    section_code,
    post_code,
    process_code,
    step_code,
    '-' as clock,
    'rate' as stat,
    count(*) filter (ended_in_time) as num,
    count(*) as den,
    count(*) as n

from fact_step_run

where due_at <= as_of()
    and not is_voided
    and not (implied_end and ended_in_time)

group by all
