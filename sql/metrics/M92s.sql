-- metric:     M92s
-- name_zh:    条线相符率
-- name_en:    Matching sectors
-- formula_en: sectors sent that are those of the section or department in the list ÷ sectors sent
-- formula_zh: 与机构清单相符的条线 ÷ 报送的条线
-- population_en: all deliveries of steps and duty records, test records apart, by month of the event
-- population_zh: 环节事件和履职填报的全部接收记录（测试记录除外），按业务时间月份
-- unit:       ratio
-- direction:  up
-- min_n:      30
-- why:        a sector that is sent wins over the list, so a wrong one moves the figures of a sector
with

delivered as (

    select
        day,
        region_code,
        sector_code,
        org_code,
        sectors as checked,
        sectors - sector_mismatches as passed

    from fact_step_delivery

    union all

    select
        day,
        region_code,
        sector_code,
        org_code,
        sectors as checked,
        sectors - sector_mismatches as passed

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
