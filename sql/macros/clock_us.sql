-- macro: clock_us(text)
-- why:   08:30 as microseconds of the day
(substr(text, 1, 2)::bigint * 60 + substr(text, 4, 2)::bigint) * 60000000
