-- macro: ceil_days(us)
-- why:   limits in days round up on the date clock: 1.5 wd is due on the second working day
(us + 86399999999) // 86400000000
