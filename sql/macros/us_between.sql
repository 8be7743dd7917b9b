-- macro: us_between(a, b)
-- why:   wall time is a difference of instants, so that a change to summer time in between does not distort it
epoch_us(b) - epoch_us(a)
