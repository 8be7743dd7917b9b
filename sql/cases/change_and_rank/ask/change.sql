from metric_change('M22', '2026-03-01', '2026-04-01')
