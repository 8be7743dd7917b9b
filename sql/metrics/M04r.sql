-- metric:     M04r
-- name_zh:    采集覆盖率（区划）
-- name_en:    Regions that sent data
-- formula_en: counties and townships with any record in the period ÷ those in force
-- formula_zh: 期内有数据的县、乡镇数 ÷ 在册县、乡镇数
-- population_en: regions of level 3 and 4 in force on the last day of the period, without external ones; a county has what its townships have
-- population_zh: 期末在册的县级、乡级区划，不含外部区划；县含其乡镇
-- kind:       derived
-- unit:       ratio
-- direction:  up
-- min_n:      1
-- why:        coverage of the places, beside that of the sections in M04
with

ends as (

    select
        period_grain,
        period,
        least(until - 1, local_date(as_of())) as last_day

    from dim_period

),

seen as (

    select distinct
        ends.period_grain,
        ends.period,
        above.ancestor_code as region_code

    from ends

    inner join agg_org_task_day as activity
        on activity.day >= ends.period
        and activity.day <= ends.last_day

    inner join dim_region_ancestor as above
        on activity.region_code = above.region_code

    where activity.n_records + activity.n_cases + activity.n_runs > 0

)

select
    ends.period_grain,
    ends.period,
    region.region_code,
    '*' as sector_code,
    '*' as org_code,
    '*' as section_code,
    '*' as post_code,
    '*' as process_code,
    '*' as step_code,
    '-' as clock,
    'rate' as stat,
    count(seen.region_code) as num,
    count(*) as den,
    count(*) as n

from ends

inner join stg_list_region as region
    on ends.last_day >= region.valid_from
    and ends.last_day < region.valid_to

left join seen
    on ends.period_grain = seen.period_grain
    and ends.period = seen.period
    and region.region_code = seen.region_code

where region.level in (3, 4)
    and not region.external

group by all
