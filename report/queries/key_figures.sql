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
        metric_id in ('M10', 'M12', 'M13', 'M18', 'M20', 'M21a', 'M21b', 'M21c', 'M22', 'M24', 'M26')
        and clock in ('-', 'work')
        -- the months of no column below are not read: a longer past costs nothing
        and (
            (month >= $previous_from::date and month < $to::date)
            or (month >= $year_from::date and month < $year_to::date)
        )
        and ($region = '*' or region_in(region_code, $region))
        and ($sector = '*' or sector_code = $sector)
        and ($org = '*' or org_code = $org)

),

sums as (

    select
        metric_id,

        sum(num) filter (month >= $from::date and month < $to::date) as num,
        sum(den) filter (month >= $from::date and month < $to::date) as den,
        sum(num) filter (month >= $previous_from::date and month < $from::date) as num_previous,
        sum(den) filter (month >= $previous_from::date and month < $from::date) as den_previous,
        sum(num) filter (month >= $year_from::date and month < $year_to::date) as num_year,
        sum(den) filter (month >= $year_from::date and month < $year_to::date) as den_year

    from leaf

    group by all

)

select
    metric_id,

    coalesce(num, 0)::bigint as num,
    coalesce(den, 0)::bigint as den,
    coalesce(num_previous, 0)::bigint as num_previous,
    coalesce(den_previous, 0)::bigint as den_previous,
    coalesce(num_year, 0)::bigint as num_year,
    coalesce(den_year, 0)::bigint as den_year,

    num / nullif(den, 0) as value,
    num_previous / nullif(den_previous, 0) as previous,
    num_year / nullif(den_year, 0) as year

from sums

order by metric_id
