-- metric:     M97
-- kind:       derived
-- name_zh:    死信率
-- name_en:    Dead letters
-- formula_en: records refused ÷ records received and refused
-- formula_zh: 拒收 ÷ 接收与拒收之和
-- population_en: refused by the day on which they came, received by the day of the event; not by unit, for a record that cannot be read has none
-- population_zh: 拒收按到达日，接收按业务日；无法读取的记录不分单位
-- unit:       ratio
-- direction:  down
-- min_n:      30
-- why:        a record that breaks its contract is kept as it came and counts nowhere else
with

received as (

    select
        dim_period.period_grain,
        dim_period.period,

        sum(quality.received) as n

    from agg_quality_day as quality

    inner join dim_period
        on quality.day >= dim_period.period
        and quality.day < dim_period.until

    group by all

),

refused as (

    select
        dim_period.period_grain,
        dim_period.period,

        sum(reject.n) as n

    from agg_reject as reject

    inner join dim_period
        on reject.day >= dim_period.period
        and reject.day < dim_period.until

    group by all

)

select
    dim_period.period_grain,
    dim_period.period,
    '*' as region_code,
    '*' as sector_code,
    '*' as org_code,
    '*' as section_code,
    '*' as post_code,
    '*' as process_code,
    '*' as step_code,
    '-' as clock,
    'rate' as stat,
    coalesce(refused.n, 0) as num,
    coalesce(received.n, 0) + coalesce(refused.n, 0) as den,
    coalesce(received.n, 0) + coalesce(refused.n, 0) as n

from dim_period

left join received
    on dim_period.period_grain = received.period_grain
    and dim_period.period = received.period

left join refused
    on dim_period.period_grain = refused.period_grain
    and dim_period.period = refused.period

where received.n is not null
    or refused.n is not null
