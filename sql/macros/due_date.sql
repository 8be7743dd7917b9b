-- macro: due_date(a, n, calendar := 'CN')
-- publish: yes
-- why:   the last day of a limit of n working days that starts on the local date a, on the date clock: the start day does
--        not count and parts of a day round up
(
    select not_before(due_day.date, a::date)

    from dim_date as from_day

    inner join dim_date as due_day
        on from_day.calendar_id = due_day.calendar_id
        and from_day.work_seq + ceil(n)::bigint = due_day.work_seq
        and due_day.is_work

    where from_day.calendar_id = calendar
        and from_day.date = a::date
)
