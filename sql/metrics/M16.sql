-- metric:     M16
-- name_zh:    触时率
-- name_en:    Flow efficiency
-- formula_en: union of the intervals in which somebody worked on the case ÷ gross time
-- formula_zh: Σ处理区间并集 ÷ Σ全部时间
-- population_en: F with a known acceptance and at least one run with a begin and an end, by month of the end
-- population_zh: 受理时间已知且至少一个环节起止时间已知的正常办结件，按办结月份
-- unit:       ratio
-- direction:  up
-- min_n:      5
-- why:        steps that overlap count once, so it never exceeds 1; runs without a begin count as nothing, which makes it a lower bound
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
    'rate' as stat,
    sum(touch_us) as num,
    sum(wall_us) as den,
    count(*) as n

from pop_case

where in_f
    and accepted_at is not null
    and is_touched
    and wall_us >= 0
    and work_us >= 0

group by all

union all

select
    date_trunc('month', finished_date)::date as month,
    region_code,
    sector_code,
    owner_org as org_code,
    owner_section as section_code,
    '*' as post_code,
    process_code,
    '*' as step_code,
    'work' as clock,
    'rate' as stat,
    sum(touch_work_us) as num,
    sum(work_us) as den,
    count(*) as n

from pop_case

where in_f
    and accepted_at is not null
    and is_touched
    and wall_us >= 0
    and work_us >= 0

group by all
