-- query: idle_units
-- grain: org_code
-- why:   a department without a record either did nothing or reported nothing; both are asked about
select
    org.org_code,
    org.name

from dim_org as org

where
    org.kind = 'department'
    and ($region = '*' or region_in(org.region_code, $region))
    and ($sector = '*' or org.sector_code = $sector)
    and ($org = '*' or org.org_code = $org)
    and org.org_code not in (

        select m.org_code

        from v_metric_month as m

        where
            m.month >= $from::date
            and m.month < $to::date
            and m.n > 0

    )

order by org.order_no, org.org_code
