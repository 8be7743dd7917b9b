-- macro: work24_at(d, us)
-- why:   W24(t): the second clock, on which a working day has 24 hours
(d.work_seq - d.is_work::bigint) * 86400000000 + d.is_work::bigint * us
