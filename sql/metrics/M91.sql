-- metric:     M91
-- name_zh:    唯一率
-- name_en:    Uniqueness
-- formula_en: 1 − deliveries of a revision that had come before ÷ deliveries
-- formula_zh: 1 − 重复接收 ÷ 接收
-- population_en: all deliveries of steps and duty records, test records apart, by month of the event
-- population_zh: 环节事件和履职填报的全部接收记录（测试记录除外），按业务时间月份
-- unit:       ratio
-- direction:  up
-- min_n:      30
-- why:        a revision is no duplicate; different content under one revision is counted as same_revision in v_quality
with

delivered as (

    select
        day,
        region_code,
        sector_code,
        org_code,
        received as checked,
        received - duplicates as passed

    from fact_step_delivery

    union all

    select
        day,
        region_code,
        sector_code,
        org_code,
        received as checked,
        received - duplicates as passed

    from fact_work_delivery

)

select
    date_trunc('month', day)::date as month,
    region_code,
    sector_code,
    org_code,
    '*' as section_code,
    '*' as post_code,
    '*' as process_code,
    '*' as step_code,
    '-' as clock,
    'rate' as stat,
    sum(passed) as num,
    sum(checked) as den,
    sum(checked) as n

from delivered

where checked > 0

group by all
