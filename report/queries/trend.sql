-- query: trend
-- grain: month
-- why:   thirteen months, so that the last one stands beside the same month a year before
with

leaf as (

    select
        metric_id,
        month,
        num,
        den

    from v_metric_month

    where
        metric_id in ('M10', 'M18', 'M21a', 'M22', 'M26')
        and clock in ('-', 'work')
        and month >= $trend_from::date
        and month < $to::date
        and ($region = '*' or region_in(region_code, $region))
        and ($sector = '*' or sector_code = $sector)
        and ($org = '*' or org_code = $org)

),

months as (

    select
        month,

        coalesce(sum(den) filter (metric_id = 'M21a'), 0)::bigint as accepted,
        coalesce(sum(num) filter (metric_id = 'M21a'), 0)::bigint as finished,
        coalesce(sum(num) filter (metric_id = 'M22'), 0)::bigint as on_time_cases,
        coalesce(sum(den) filter (metric_id = 'M22'), 0)::bigint as due,
        sum(num) filter (metric_id = 'M10') as duration,
        coalesce(sum(den) filter (metric_id = 'M10'), 0)::bigint as mean_n,
        coalesce(sum(num) filter (metric_id = 'M18'), 0)::bigint as runs,
        coalesce(sum(num) filter (metric_id = 'M26'), 0)::bigint as overdue

    from leaf

    group by all

)

select
    month,

    accepted,
    finished,
    finished / nullif(accepted, 0) as finish_rate,
    on_time_cases / nullif(due, 0) as on_time,
    due,
    duration / nullif(mean_n, 0) as mean,
    mean_n,
    runs,
    overdue

from months

order by month
