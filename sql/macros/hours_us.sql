-- macro: hours_us(intervals)
-- why:   the length of a day's office hours, of up to four intervals
interval_us(split_part(intervals, ' ', 1))
+ interval_us(split_part(intervals, ' ', 2))
+ interval_us(split_part(intervals, ' ', 3))
+ interval_us(split_part(intervals, ' ', 4))
