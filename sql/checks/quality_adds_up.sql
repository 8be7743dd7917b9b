-- check: quality_adds_up
-- severity: error
-- why:   the deliveries of the days are those of the months (M91), and none fails more often than it is looked at
with

days as (

    select
        date_trunc('month', day)::date as month,
        org_code,

        sum(received) as received,
        min(received - timely) as least_late,
        min(received - duplicates) as least_new,
        min(wanted - filled) as least_missing,
        min(codes - unknown_codes) as least_known

    from agg_quality_day

    where source <> '*'

    group by all

),

months as (

    select
        month,
        org_code,

        sum(den) as received

    from agg_metric_month

    where metric_id = 'M91'

    group by all

)

select
    coalesce(days.month, months.month) as month,
    coalesce(days.org_code, months.org_code) as org_code,
    days.received,
    months.received as months_received

from days

full outer join months
    on days.month = months.month
    and days.org_code = months.org_code

where days.received is distinct from months.received
    or least(least_late, least_new, least_missing, least_known) < 0
