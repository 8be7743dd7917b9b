-- macro: work_days(a, b, calendar := 'CN')
-- publish: yes
-- why:   working days from the local date a, not counted, to the local date b, counted: elapsed_wd on the date clock
(
    select to_day.work_seq - from_day.work_seq

    from dim_date as from_day

    inner join dim_date as to_day
        on from_day.calendar_id = to_day.calendar_id

    where from_day.calendar_id = calendar
        and from_day.date = a::date
        and to_day.date = b::date
)
