-- macro: us_at_work(d, rest)
-- why:   the earliest time of day at which rest working microseconds of the day d are done; the inverse of work_at
case
    when rest <= d.e1 - d.s1 then d.s1 + rest
    when rest <= d.e1 - d.s1 + d.e2 - d.s2 then d.s2 + rest - (d.e1 - d.s1)
    when rest <= d.e1 - d.s1 + d.e2 - d.s2 + d.e3 - d.s3 then d.s3 + rest - (d.e1 - d.s1 + d.e2 - d.s2)
    else d.s4 + rest - (d.e1 - d.s1 + d.e2 - d.s2 + d.e3 - d.s3)
end
