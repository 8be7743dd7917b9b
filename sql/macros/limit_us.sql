-- macro: limit_us(n, unit)
-- why:   a limit as integer microseconds of its own measure; n has three decimals at most
(n * 1000)::bigint * (unit_us(unit) // 1000)
