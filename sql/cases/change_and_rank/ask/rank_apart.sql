from metric_rank('M22', '2026-04-01', '2026-05-01', unit := 'process', enough := 5)
