-- metric:     M12bi
-- name_zh:    环节停留时长（推定到达）
-- name_en:    Step sojourn time, arrival implied
-- formula_en: (step end − previous event of the case) summed ÷ runs
-- formula_zh: Σ（环节结束 − 本件上一事件）÷ 次数
-- population_en: ended runs whose arrival was not sent, by month of the end
-- population_zh: 到达时间未报送且已结束的环节，按结束月份
-- unit:       s
-- direction:  down
-- min_n:      5
-- why:        kept apart from M12b, because the previous event may be of another unit
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

where metric_id = 'M12bi'

group by all
