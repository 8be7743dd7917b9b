-- model: v_metric_month
-- grain: metric_id, month, region_code, sector_code, org_code, section_code, post_code, process_code, step_code, clock, stat
-- kind:  view
-- why:   all metrics in one shape, leaf rows only: a total is sum(num) / sum(den). Times are exact decimal seconds, so that
--        their sums do not depend on the order of adding
with

measured as (

    select
        metric.*,

        declared.unit = 's' as is_time

    from agg_metric_month as metric

    inner join dim_metric as declared
        on metric.metric_id = declared.metric_id

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
