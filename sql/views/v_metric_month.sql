-- model: v_metric_month
-- grain: metric_id, month, region_code, sector_code, org_code, section_code, post_code, process_code, step_code, clock, stat
-- kind:  view
-- why:   all metrics by month in one shape, leaf rows only: a total is sum(num) / sum(den), or sum(num) where stat is sum.
--        Times are exact decimal seconds, so that their sums do not depend on the order of adding
with

leaves as (

    select *

    from agg_metric_month

    union all

    select * exclude (period_grain)

    from agg_metric_derived

    where period_grain = 'month'

),

measured as (

    select
        leaves.*,

        declared.unit = 's' as is_time

    from leaves

    inner join dim_metric as declared
        on leaves.metric_id = declared.metric_id

)

select
    metric_id,
    month,
    region_code,
    sector_code,
    org_code,
    case
        when is_time then (num::decimal(32, 0) * 0.000001::decimal(6, 6))::decimal(38, 6)
        else num::decimal(38, 6)
    end as num,
    den,
    case
        when stat = 'sum' and is_time then seconds(num)
        when stat = 'sum' then num::double
        when den > 0 and is_time then seconds(num) / den
        when den > 0 then num / den::double
    end as value,
    n,

    process_code,
    step_code,
    clock,
    stat,

    section_code,
    post_code

from measured
