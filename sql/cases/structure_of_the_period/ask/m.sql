select metric_id, month, region_code, sector_code, org_code, section_code, post_code, num, den
from v_metric_month
where metric_id in ('M01', 'M02', 'M02p', 'M03', 'M04', 'M07') and month in (date '2026-02-01', date '2026-03-01')
