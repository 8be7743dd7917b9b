-- model: v_metric_month
-- grain: metric_id, month, region_code, sector_code, org_code, process_code, step_code, clock, stat
-- kind:  view
-- why:   all metrics in one shape. Leaf rows only: add num and den, then divide, and divide by dim_metric.scale
select
    metric.metric_id,
    metric.month,
    metric.region_code,
    metric.sector_code,
    metric.org_code,
    metric.num,
    metric.den,
    case
        when metric.stat = 'sum' then metric.num / declared.scale::double
        when metric.den > 0 then metric.num / metric.den::double / declared.scale
    end as value,
    metric.n,

    metric.process_code,
    metric.step_code,
    metric.clock,
    metric.stat

from agg_metric_month as metric

inner join dim_metric as declared
    on metric.metric_id = declared.metric_id
