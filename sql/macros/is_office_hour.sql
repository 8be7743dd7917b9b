-- macro: is_office_hour(d, us)
-- why:   whether the time of day us lies in the office hours of the day d, a row of dim_date. Both ends count, so that what is
--        done at closing time is not work at night; days of rest have no hours
(us >= d.s1 and us <= d.e1 and d.s1 < d.e1)
or (us >= d.s2 and us <= d.e2 and d.s2 < d.e2)
or (us >= d.s3 and us <= d.e3 and d.s3 < d.e3)
or (us >= d.s4 and us <= d.e4 and d.s4 < d.e4)
