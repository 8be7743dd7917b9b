-- macro: at_us(day, us)
-- why:   a local day and a time of day as local time; 86,400 s is midnight of the next day
make_timestamp(epoch_us(day::timestamp) + us)
