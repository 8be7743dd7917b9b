-- macro: day_no(day)
-- why:   natural days are subtracted as numbers
epoch_us(day::timestamp) // 86400000000
