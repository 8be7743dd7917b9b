select metric_id,month,num,den from v_metric_month where metric_id in ('M22','M26','M26d','M29b','M96') and month = date '2026-03-01'
