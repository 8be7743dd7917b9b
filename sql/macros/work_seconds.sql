-- macro: work_seconds(a, b, calendar := 'CN')
-- publish: yes
-- why:   working seconds between two instants by a calendar: the difference of the cumulated working time, so it is never
--        negative for work done outside office hours
(
    select seconds(work_at(to_day, us_of_day(local_time(b))) - work_at(from_day, us_of_day(local_time(a))))

    from dim_date as from_day

    inner join dim_date as to_day
        on from_day.calendar_id = to_day.calendar_id

    where from_day.calendar_id = calendar
        and from_day.date = local_date(a)
        and to_day.date = local_date(b)
)
