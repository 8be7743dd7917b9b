-- metric:     M14
-- name_zh:    等待占比
-- name_en:    Share of waiting
-- formula_en: waiting (M13) ÷ (work on the step (M12) + waiting)
-- formula_zh: Σ等待时长 ÷ Σ（执行时长 + 等待时长）
-- population_en: the runs of M12 and M13: ended, with a begin that lies between arrival and end, by month of the end
-- population_zh: 已结束且开始时间介于到达与结束之间的环节，按结束月份
-- unit:       ratio
-- direction:  down
-- min_n:      5
-- why:        both sums come from the same runs; a unit that sends no begin has no row instead of no waiting
select
    date_trunc('month', ended_date)::date as month,
    region_code,
    sector_code,
    org_code,
    section_code,
    post_code,
    process_code,
    step_code,
    'wall' as clock,
    'rate' as stat,
    sum(queue_us) as num,
    sum(queue_us + step_us) as den,
    count(*) as n

from fact_step_run

where ended_at is not null
    and not implied_end
    and not is_voided
    and step_us >= 0
    and queue_us >= 0

group by all

union all

select
    date_trunc('month', ended_date)::date as month,
    region_code,
    sector_code,
    org_code,
    section_code,
    post_code,
    process_code,
    step_code,
    'work' as clock,
    'rate' as stat,
    sum(queue_work_us) as num,
    sum(queue_work_us + step_work_us) as den,
    count(*) as n

from fact_step_run

where ended_at is not null
    and not implied_end
    and not is_voided
    and step_us >= 0
    and queue_us >= 0

group by all
