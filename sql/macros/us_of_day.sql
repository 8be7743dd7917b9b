-- macro: us_of_day(local_t)
-- why:   microseconds since local midnight
epoch_us(local_t) % 86400000000
