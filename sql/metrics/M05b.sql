-- metric:     M05b
-- name_zh:    指南及时同步率
-- name_en:    Guides updated in time
-- formula_en: new versions of items whose guide was updated within one working day ÷ new versions
-- formula_zh: 一个工作日内更新办事指南的事项版本数 ÷ 新版本数
-- population_en: rows of the list of powers that begin in the period; a guide that was never updated is late
-- population_zh: 期内生效的权责清单版本；未更新的计为不及时
-- kind:       derived
-- unit:       ratio
-- direction:  up
-- min_n:      1
-- why:        M05bd has the mean delay in days
with

begun as (

    select
        dim_period.period_grain,
        dim_period.period,
        power.org_code,
        power.guide_updated_at - power.valid_from as days,
        updated.work_seq - started.work_seq as workdays

    from dim_period

    inner join stg_list_power as power
        on power.valid_from >= dim_period.period
        and power.valid_from < dim_period.until

    left join int_day as started
        on started.calendar_id = 'CN'
        and power.valid_from = started.date

    left join int_day as updated
        on updated.calendar_id = 'CN'
        and power.guide_updated_at = updated.date

    where power.valid_from <= local_date(as_of())

)

select
    begun.period_grain,
    begun.period,
    coalesce(org.region_code, '~') as region_code,
    coalesce(org.sector_code, '~') as sector_code,
    coalesce(org.dept_code, begun.org_code) as org_code,
    case when org.kind = 'section' then begun.org_code else '*' end as section_code,
    '*' as post_code,
    '*' as process_code,
    '*' as step_code,
    '-' as clock,
    'rate' as stat,
    count(*) filter (begun.workdays <= 1) as num,
    count(*) as den,
    count(*) as n

from begun

left join dim_org_period as org
    on begun.period_grain = org.period_grain
    and begun.period = org.period
    and begun.org_code = org.org_code

group by all
