-- macro: part_us(us, s, e)
-- why:   how much of the interval [s, e) of a day lies before the time of day us
greatest(least(us, e), s) - s
