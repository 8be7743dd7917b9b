-- query: on_time_mix
-- grain: one row
-- why:   a rate of the whole can rise while it falls in every part. The change is split over cells of process and
--        sector into change within them (at mean shares) and change of their shares (at mean rates); the two add up.
--        Sums run in a fixed order, since floating-point sums differ in the last digit by order
with

cells as (

    select
        process_code,
        sector_code,

        coalesce(sum(num) filter (month >= $from::date and month < $to::date), 0) as num,
        coalesce(sum(den) filter (month >= $from::date and month < $to::date), 0) as den,
        coalesce(sum(num) filter (month >= $previous_from::date and month < $from::date), 0) as num_previous,
        coalesce(sum(den) filter (month >= $previous_from::date and month < $from::date), 0) as den_previous

    from v_metric_month

    where
        metric_id = 'M22'
        and month >= $previous_from::date
        and month < $to::date
        and ($region = '*' or region_in(region_code, $region))
        and ($sector = '*' or sector_code = $sector)
        and ($org = '*' or org_code = $org)

    group by all

),

whole as (

    select
        sum(num) / nullif(sum(den), 0) as rate,
        sum(num_previous) / nullif(sum(den_previous), 0) as rate_previous,
        sum(den) as den,
        sum(den_previous) as den_previous

    from cells

),

rates as (

    select
        cells.process_code,
        cells.sector_code,

        -- a cell that is there in one month only has that month's rate in both: it is all mix
        coalesce(cells.num / nullif(cells.den, 0), cells.num_previous / nullif(cells.den_previous, 0)) as rate,
        coalesce(cells.num_previous / nullif(cells.den_previous, 0), cells.num / nullif(cells.den, 0)) as rate_previous,
        cells.den / nullif(whole.den, 0) as share,
        cells.den_previous / nullif(whole.den_previous, 0) as share_previous

    from cells

    cross join whole

    where cells.den > 0 or cells.den_previous > 0

),

split as (

    select
        list_sum(list(
            (rate - rate_previous) * (share + share_previous) / 2
            order by process_code, sector_code
        )) as within,
        list_sum(list(
            (share - share_previous) * (rate + rate_previous) / 2
            order by process_code, sector_code
        )) as mix

    from rates

)

select
    whole.rate - whole.rate_previous as change,
    split.within,
    split.mix,
    abs(whole.rate - whole.rate_previous) < 0.0005 as flat,
    abs(split.within) >= 0.0005 and sign(split.within) <> sign(whole.rate - whole.rate_previous) as opposed

from whole

cross join split
