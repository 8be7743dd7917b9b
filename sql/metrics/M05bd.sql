-- metric:     M05bd
-- name_zh:    指南同步时延
-- name_en:    Delay of guides
-- formula_en: (day of the guide − first day of the version) summed ÷ versions, in days
-- formula_zh: Σ（指南更新日 − 版本生效日）÷ 版本数，天
-- population_en: rows of the list of powers that begin in the period and whose guide was updated
-- population_zh: 期内生效且已更新指南的权责清单版本
-- kind:       derived
-- unit:       count
-- direction:  down
-- min_n:      1
-- why:        calendar days; a guide that came before its version counts as negative
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
        and power.guide_updated_at is not null

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
    'mean' as stat,
    sum(begun.days) as num,
    count(*) as den,
    count(*) as n

from begun

left join dim_org_period as org
    on begun.period_grain = org.period_grain
    and begun.period = org.period
    and begun.org_code = org.org_code

group by all
