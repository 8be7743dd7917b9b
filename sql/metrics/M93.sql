-- metric:     M93
-- name_zh:    及时率
-- name_en:    Timeliness
-- formula_en: received within 24 hours of the event ÷ received
-- formula_zh: 业务发生后 24 小时内接收 ÷ 接收
-- population_en: all deliveries of steps and duty records, test records apart, by month of the event
-- population_zh: 环节事件和履职填报的全部接收记录（测试记录除外），按业务时间月份
-- unit:       ratio
-- direction:  up
-- min_n:      30
-- why:        a record that comes late changes figures that were read already
with

delivered as (

    select
        day,
        region_code,
        sector_code,
        org_code,
        received as checked,
        timely as passed

    from fact_step_delivery

    union all

    select
        day,
        region_code,
        sector_code,
        org_code,
        received as checked,
        timely as passed

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
