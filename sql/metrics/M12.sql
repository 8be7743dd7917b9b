-- metric:     M12
-- name_zh:    环节执行时长
-- name_en:    Step execution time
-- formula_en: (step end − begin) summed ÷ runs; begin = start, else claim
-- formula_zh: Σ（环节结束 − 环节开始）÷ 次数；开始取启动时间，无则取签收时间
-- population_en: ended runs with a begin, by month of the end
-- population_zh: 有开始时间且已结束的环节，按结束月份
-- unit:       s
-- direction:  down
-- min_n:      5
-- why:        what the post needs once it has begun; runs that only tell arrival and end are in M12b
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

where metric_id = 'M12'

group by all
