select metric_id, month, num, den from v_metric_month where metric_id in ('M01', 'M01b') and month = date '2026-03-01'
