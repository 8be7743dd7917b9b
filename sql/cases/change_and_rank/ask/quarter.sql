select quarter, sum(num) as num, sum(den) as den from v_metric_quarter where metric_id = 'M22' group by all
