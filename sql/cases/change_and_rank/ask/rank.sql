from metric_rank('M22', '2026-03-01', '2026-04-01', enough := 5, target := 0.9)
