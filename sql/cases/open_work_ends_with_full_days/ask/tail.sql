select day,open,overdue from snap_wip_day where day >= date '2026-02-23'
