-- metric:     M13
-- name_zh:    环节等待时长
-- name_en:    Step waiting time
-- formula_en: (begin − arrive) summed ÷ runs
-- formula_zh: Σ（环节开始 − 到达）÷ 次数
-- population_en: the runs of M12 with a known arrival, by month of the end
-- population_zh: 与环节执行时长相同且到达时间已知的环节，按结束月份
-- unit:       s
-- direction:  down
-- min_n:      5
-- why:        a unit that sends no begin would show no waiting, so its runs are out
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

where metric_id = 'M13'

group by all
