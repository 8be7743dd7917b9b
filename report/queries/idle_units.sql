-- query: idle_units
-- grain: org_code
-- why:   a department without a record either did nothing or reported nothing; both are asked about
select
    org.org_code,
    org.name

from dim_org as org

where
    org.kind = 'department'
    and org.is_known
    and org.is_current
    and ($region = '*' or region_in(org.region_code, $region))
    and ($sector = '*' or org.sector_code = $sector)
    and ($org = '*' or org.org_code = $org)
    and org.org_code not in (

        -- cases accepted or finished, steps run
        select m.org_code

        from v_metric_month as m

        where
            m.metric_id in ('M18', 'M21a')
            and m.month >= $from::date
            and m.month < $to::date

        union all

        -- duty records
        select w.org_code

        from v_work as w

        where
            w.is_valid
            and w.month >= $from::date
            and w.month < $to::date

    )

order by org.order_no, org.org_code
