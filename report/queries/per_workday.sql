-- query: per_workday
-- grain: one row
-- why:   the cases accepted per working day can be compared between a month with a long holiday and one without
with

days as (

    select
        count(*) filter (date >= $from::date and date < $to::date) as current,
        count(*) filter (date >= $previous_from::date and date < $from::date) as previous

    from dim_date

    where
        calendar_id = 'CN'
        and is_work

),

cases as (

    select
        sum(den) filter (month >= $from::date and month < $to::date) as current,
        sum(den) filter (month >= $previous_from::date and month < $from::date) as previous

    from v_metric_month

    where
        metric_id = 'M21a'
        and month >= $previous_from::date
        and month < $to::date
        and ($region = '*' or region_in(region_code, $region))
        and ($sector = '*' or sector_code = $sector)
        and ($org = '*' or org_code = $org)

)

select
    cases.current / nullif(days.current, 0) as accepted,
    cases.previous / nullif(days.previous, 0) as accepted_previous

from days

cross join cases
