-- metric:     M10
-- name_zh:    办理时长
-- name_en:    Handling time
-- formula_en: (finish − accept − suspended) summed ÷ cases
-- formula_zh: Σ（办结 − 受理 − 特别程序）÷ 件数
-- population_en: F: finished normally, by month of the end; negative durations out
-- population_zh: 正常办结件，按办结月份；时长为负的不计
-- unit:       s
-- direction:  down
-- min_n:      5
-- why:        never the last − first fallback of v_case.wall_s; worsens when a backlog is cleared, so read it beside the open cases
select
    date_trunc('month', on_date)::date as month,
    region_code,
    sector_code,
    org_code,
    section_code,
    post_code,
    process_code,
    '*' as step_code,
    clock,
    'mean' as stat,
    sum(us) as num,
    count(*) as den,
    count(*) as n

from pop_duration

where metric_id = 'M10'

group by all
