-- macro: work_at(d, us)
-- why:   W(t): working microseconds from the beginning of the calendar to the time of day us on the day d, a row of
--        dim_date. Days of rest have empty intervals, so work done on them counts as nothing and never as less
d.work_us_cum + part_us(us, d.s1, d.e1) + part_us(us, d.s2, d.e2) + part_us(us, d.s3, d.e3) + part_us(us, d.s4, d.e4)
