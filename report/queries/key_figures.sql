-- query: key_figures
-- grain: metric_id
-- why:   numerators and denominators add up over leaf rows, values do not: they are divided here, after the sums
with

leaf as (

    select
        metric_id,
        month,
        num,
        den

    from v_metric_month

    where
        (
            (metric_id in ('M10', 'M12', 'M13') and stat = 'mean' and clock = 'work')
            or (metric_id in ('M18', 'M20', 'M21a', 'M21b', 'M21c', 'M22', 'M24', 'M26') and stat = 'rate')
        )
        and ($region = '*' or region_in(region_code, $region))
        and ($sector = '*' or sector_code = $sector)
        and ($org = '*' or org_code = $org)

),

sums as (

    select
        metric_id,

        coalesce(sum(num) filter (month >= $from::date and month < $to::date), 0)::bigint as num,
        coalesce(sum(den) filter (month >= $from::date and month < $to::date), 0)::bigint as den,
        coalesce(sum(num) filter (month >= $previous_from::date and month < $from::date), 0)::bigint as num_previous,
        coalesce(sum(den) filter (month >= $previous_from::date and month < $from::date), 0)::bigint as den_previous,
        coalesce(sum(num) filter (month >= $year_from::date and month < $year_to::date), 0)::bigint as num_year,
        coalesce(sum(den) filter (month >= $year_from::date and month < $year_to::date), 0)::bigint as den_year

    from leaf

    group by all

)

select
    sums.*,

    sums.num / nullif(sums.den, 0) / dim_metric.scale as value,
    sums.num_previous / nullif(sums.den_previous, 0) / dim_metric.scale as previous,
    sums.num_year / nullif(sums.den_year, 0) / dim_metric.scale as year

from sums

inner join dim_metric
    on sums.metric_id = dim_metric.metric_id

order by sums.metric_id
