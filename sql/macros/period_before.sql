-- macro: period_before(since, until)
-- publish: yes
-- why:   the first day of the period of the same length just before: as many months where months are whole, else days
case
    when date_trunc('month', since::date)::date = since::date and date_trunc('month', until::date)::date = until::date
        then (since::date - to_months(datediff('month', since::date, until::date)))::date
    else since::date - (until::date - since::date)::integer
end
