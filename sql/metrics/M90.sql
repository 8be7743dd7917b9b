-- metric:     M90
-- name_zh:    完整率
-- name_en:    Completeness
-- formula_en: recommended fields filled ÷ recommended fields
-- formula_zh: 已填推荐字段 ÷ 应填推荐字段
-- population_en: all deliveries of steps and duty records, test records apart, by month of the event
-- population_zh: 环节事件和履职填报的全部接收记录（测试记录除外），按业务时间月份
-- unit:       ratio
-- direction:  up
-- min_n:      30
-- why:        required fields are always there, or the record is a dead letter (M97). Recommended are section, post and actor of a step, its result, channel, kind of service and applicant of an acceptance, the limit of a procedure; minutes, result, mode and list of a duty record
with

delivered as (

    select
        day,
        region_code,
        sector_code,
        org_code,
        wanted as checked,
        filled as passed

    from fact_step_delivery

    union all

    select
        day,
        region_code,
        sector_code,
        org_code,
        wanted as checked,
        filled as passed

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
