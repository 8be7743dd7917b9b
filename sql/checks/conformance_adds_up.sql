-- check: conformance_adds_up
-- severity: error
-- why:   M30 to M35 judge the same cases: a case conforms, or it is in one of the five others at least
with

cells as (

    select
        month,
        region_code,
        sector_code,
        org_code,
        section_code,
        process_code,

        min(den) as least_den,
        max(den) as den,
        sum(num) filter (metric_id = 'M30') as conforming,
        sum(num) filter (metric_id <> 'M30') as deviations,
        max(num) filter (metric_id <> 'M30') as most

    from agg_metric_month

    where metric_id in ('M30', 'M31', 'M32', 'M33', 'M34', 'M35')

    group by all

)

select *

from cells

where least_den <> den
    or den - conforming < most
    or den - conforming > deviations
