select day,open,overdue from snap_wip_day where day in (date '2026-03-20', date '2026-04-10')
