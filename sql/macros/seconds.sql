-- macro: seconds(us)
-- why:   views show seconds; everything stored is integer microseconds, so that sums do not depend on their order
us / 1000000.0::double
