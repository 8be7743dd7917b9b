-- metric:     M15
-- name_zh:    特别程序占比
-- name_en:    Share of special procedures
-- formula_en: suspended working time ÷ gross working time
-- formula_zh: Σ特别程序工作时间 ÷ Σ全部工作时间
-- population_en: F with a known acceptance, by month of the end; negative spans out
-- population_zh: 受理时间已知的正常办结件，按办结月份；时长为负的不计
-- unit:       ratio
-- direction:  down
-- min_n:      5
-- why:        shows where the clock is stopped rather than the work done; v_suspension has the procedures by kind and agent
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
    sum(suspended_work_us) as num,
    sum(work_us) as den,
    count(*) as n

from pop_case

where in_f
    and accepted_at is not null
    and wall_us >= 0
    and work_us >= 0

group by all
