-- query: workdays
-- grain: one row
-- why:   months differ in working days; a comparison that does not say so misleads
select
    count(*) filter (is_work and date >= $from::date and date < $to::date) as current,
    count(*) filter (is_work and date >= $previous_from::date and date < $from::date) as previous,
    nullif(count(*) filter (is_work and date >= $year_from::date and date < $year_to::date), 0) as year

from dim_date

where calendar_id = 'CN'
