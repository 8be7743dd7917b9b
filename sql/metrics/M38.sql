-- metric:     M38
-- name_zh:    并联度
-- name_en:    Concurrency of steps
-- formula_en: processing intervals of the steps, summed ÷ their union; 1 is one after the other
-- formula_zh: Σ环节处理区间 ÷ 处理区间并集；1 为串联
-- population_en: F with at least one run with a begin and an end, by month of the end
-- population_zh: 至少一个环节起止时间已知的正常办结件，按办结月份
-- unit:       count
-- direction:  up
-- min_n:      5
-- why:        the cases of one matter together, also over departments, are in concurrency(), because they add up to more than cases
select
    date_trunc('month', finished_date)::date as month,
    region_code,
    sector_code,
    owner_org as org_code,
    owner_section as section_code,
    '*' as post_code,
    process_code,
    '*' as step_code,
    'wall' as clock,
    'mean' as stat,
    sum(interval_us) as num,
    sum(touch_us) as den,
    count(*) as n

from pop_case

where in_f
    and is_touched

group by all
