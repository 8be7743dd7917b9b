-- query: months
-- grain: month
-- why:   a report on a month without data would look like good news
select distinct month

from v_metric_month

where
    metric_id in ('M18', 'M21a')
    and ($region = '*' or region_in(region_code, $region))
    and ($sector = '*' or sector_code = $sector)
    and ($org = '*' or org_code = $org)

order by month
