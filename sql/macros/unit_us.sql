-- macro: unit_us(unit)
-- why:   the length of a limit's unit in the measure that the unit counts in: a day of working days, of natural days or of
--        the 24-hour clock has 86,400 s there; it is never mixed with the 25,200 s of a day's office hours
case unit
    when 'wd' then 86400000000
    when 'nd' then 86400000000
    when 'wh' then 3600000000
    when 'h' then 3600000000
    when 'wmin' then 60000000
    when 'min' then 60000000
end
