-- macro: interval_us(text)
-- why:   the length of an interval such as 08:30-12:00; of none, nothing
case when text = '' then 0 else clock_us(split_part(text, '-', 2)) - clock_us(split_part(text, '-', 1)) end
