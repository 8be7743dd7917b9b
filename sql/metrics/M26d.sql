-- metric:     M26d
-- name_zh:    超期天数
-- name_en:    Days overdue
-- formula_en: working days after the due day, summed, ÷ late cases
-- formula_zh: 到期日之后的工作日之和 ÷ 超期件数
-- population_en: the late cases of D
-- population_zh: 到期件中的超期件
-- kind:       derived
-- unit:       wd
-- direction:  down
-- min_n:      5
-- why:        open cases count up to the as-of day; a finish on a day of rest after the due day is late by 0 days
with

as_of_day as (

    select
        calendar_id,
        work_seq

    from dim_date

    -- 24:00 belongs to the day that it ends
    where date = local_date(as_of() - interval 1 microsecond)

)

select
    dim_period.period_grain,
    dim_period.period,
    late.region_code,
    late.sector_code,
    late.org_code,
    late.section_code,
    '*' as post_code,
    late.process_code,
    '*' as step_code,
    'date' as clock,
    'mean' as stat,
    sum(late.days_over + coalesce(late.n_open * as_of_day.work_seq - late.open_due_seq, 0)) as num,
    sum(late.n) as den,
    sum(late.n) as n

from agg_late as late

inner join dim_period
    on late.month >= dim_period.period
    and late.month < dim_period.until

left join as_of_day
    on late.calendar_id = as_of_day.calendar_id

group by all
