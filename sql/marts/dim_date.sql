-- model: dim_date
-- grain: calendar_id, date
-- kind:  table
-- order: calendar_id, date
-- why:   the calendars as analysts see them; every clock is a join on this table, see int_day
select * from int_day
