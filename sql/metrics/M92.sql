-- metric:     M92
-- name_zh:    有效率
-- name_en:    Known codes
-- formula_en: codes found in the lists valid on that day ÷ codes
-- formula_zh: 当日有效清单内的代码 ÷ 代码
-- population_en: all deliveries of steps and duty records, test records apart, by month of the event
-- population_zh: 环节事件和履职填报的全部接收记录（测试记录除外），按业务时间月份
-- unit:       ratio
-- direction:  up
-- min_n:      30
-- why:        only codes whose list is loaded are looked at, and `-` never; a sector that differs from that of the unit is counted as sector in v_quality
with

delivered as (

    select
        day,
        region_code,
        sector_code,
        org_code,
        codes as checked,
        codes - unknown_codes as passed

    from fact_step_delivery

    union all

    select
        day,
        region_code,
        sector_code,
        org_code,
        codes as checked,
        codes - unknown_codes as passed

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
