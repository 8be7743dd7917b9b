-- macro: not_before(t, floor)
-- why:   greatest() would pass over a null and make a limit beyond the calendar due at once
case when t is not null then greatest(t, floor) end
