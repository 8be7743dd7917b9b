-- macro: converted_us(n, unit, to_unit, day_us)
-- why:   a number of one unit in the measure of another, day_us being a day's office hours. Working days, hours and minutes
--        are of one kind, natural days, hours and minutes of another; between the kinds nothing is defined, so null
case
    when unit = to_unit then limit_us(n, unit)
    when unit in ('wh', 'wmin') and to_unit in ('wh', 'wmin') then limit_us(n, unit)
    when unit in ('nd', 'h', 'min') and to_unit in ('nd', 'h', 'min') then limit_us(n, unit)
    when unit = 'wd' and to_unit in ('wh', 'wmin') then (n * 1000)::bigint * (day_us // 1000)
    when unit in ('wh', 'wmin') and to_unit = 'wd' then (limit_us(n, unit)::hugeint * 86400000000 // day_us)::bigint
end
