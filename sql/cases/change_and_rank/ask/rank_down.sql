from metric_rank('M26', '2026-03-01', '2026-04-01', unit := 'region', region_level := 3, enough := 5)
