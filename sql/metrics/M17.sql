-- metric:     M17
-- name_zh:    交接时长
-- name_en:    Hand-over time
-- formula_en: (arrival or claim at the next department − end of the step before) summed ÷ hand-overs
-- formula_zh: Σ（下一部门到达或签收 − 上一环节结束）÷ 交接次数
-- population_en: runs of valid cases that another department had before, with a sent arrival or claim, by month of the run's first event, unit and calendar of the receiver; negative ones out
-- population_zh: 由另一部门转来、到达或签收时间已报送的有效件环节，按首个事件月份，归接收单位；时长为负的不计
-- unit:       s
-- direction:  down
-- min_n:      5
-- why:        what lies between two desks belongs to neither; v_handover has the pairs
select
    date_trunc('month', on_date)::date as month,
    region_code,
    sector_code,
    org_code,
    section_code,
    post_code,
    process_code,
    step_code,
    clock as clock,
    'mean' as stat,
    sum(us) as num,
    count(*) as den,
    count(*) as n

from pop_duration

where metric_id = 'M17'

group by all
