from metric('M22', '2026-03-01', '2026-04-01', region := 't1')
