-- metric:     M12b
-- name_zh:    环节停留时长
-- name_en:    Step sojourn time
-- formula_en: (step end − arrive) summed ÷ runs
-- formula_zh: Σ（环节结束 − 到达）÷ 次数
-- population_en: ended runs whose arrival was sent, by month of the end
-- population_zh: 到达时间由报送方给出且已结束的环节，按结束月份
-- unit:       s
-- direction:  down
-- min_n:      5
-- why:        waiting and work together: what the applicant feels
select
    date_trunc('month', on_date)::date as month,
    region_code,
    sector_code,
    org_code,
    section_code,
    post_code,
    process_code,
    step_code,
    clock,
    'mean' as stat,
    sum(us) as num,
    count(*) as den,
    count(*) as n

from pop_duration

where metric_id = 'M12b'

group by all
