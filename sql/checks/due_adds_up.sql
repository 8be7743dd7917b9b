-- check: due_adds_up
-- severity: error
-- why:   on time and overdue have one population: M22 + M26 = 100 % in every cell
select
    month,
    region_code,
    sector_code,
    org_code,
    section_code,
    process_code,
    sum(num) as num,
    max(den) as den

from agg_metric_month

where metric_id in ('M22', 'M26')

group by all

having sum(num) <> max(den)
    or min(den) <> max(den)
