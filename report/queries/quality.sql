-- query: quality
-- grain: one row
-- why:   how much could not be used, and how much of what was used names units that no list knows
with

refused as (

    select count(*) as rejects

    from v_reject

    where
        local_date(kafka_ts) >= $from::date
        and local_date(kafka_ts) < $to::date

),

used as (

    select
        sum(m.num)::bigint as runs,
        (sum(m.num) filter (
            not coalesce(dim_org.is_known, false)
            or not coalesce(dim_region.is_known, false)
            or not coalesce(dim_sector.is_known, false)
            or not coalesce(dim_process.is_known, false)
        ))::bigint as unknown

    from v_metric_month as m

    left join dim_org
        on m.org_code = dim_org.org_code

    left join dim_region
        on m.region_code = dim_region.region_code

    left join dim_sector
        on m.sector_code = dim_sector.sector_code

    left join dim_process
        on m.process_code = dim_process.process_code

    where
        m.metric_id = 'M18'
        and m.month >= $from::date
        and m.month < $to::date
        and ($region = '*' or region_in(m.region_code, $region))
        and ($sector = '*' or m.sector_code = $sector)
        and ($org = '*' or m.org_code = $org)

)

select
    refused.rejects,
    coalesce(used.runs, 0) as runs,
    coalesce(used.unknown, 0) as unknown,
    used.unknown / nullif(used.runs, 0) as unknown_share

from refused

cross join used
