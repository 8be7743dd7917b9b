-- macro: local_time(t)
-- why:   an instant in the lake's business zone, whatever the zone of the session is
timezone(zone(), t)
