-- macro: local_date(t)
-- why:   the business day of an instant
timezone(zone(), t)::date
