select year, org_code, sum(num) as num, sum(den) as den from v_metric_year where metric_id = 'M22' group by all
