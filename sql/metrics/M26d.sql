-- metric:     M26d
-- name_zh:    超期天数
-- name_en:    Days overdue
-- formula_en: working days after the due day, summed, ÷ late cases
-- formula_zh: 到期日之后的工作日之和 ÷ 超期件数
-- population_en: the late cases of D
-- population_zh: 到期件中的超期件
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

),

late as (

    select
        date_trunc('month', pop_case.due_date)::date as month,
        pop_case.region_code,
        pop_case.sector_code,
        pop_case.owner_org as org_code,
        pop_case.owner_section as section_code,
        pop_case.process_code,

        greatest(0, coalesce(pop_case.ended_seq, as_of_day.work_seq) - pop_case.due_seq) as days_over

    from pop_case

    left join as_of_day
        on pop_case.calendar_id = as_of_day.calendar_id

    where pop_case.in_d
        and not coalesce(pop_case.in_f and pop_case.ended_in_time, false)

)

select
    month,
    region_code,
    sector_code,
    org_code,
    section_code,
    '*' as post_code,
    process_code,
    '*' as step_code,
    'date' as clock,
    'mean' as stat,
    sum(days_over) as num,
    count(*) as den,
    count(*) as n

from late

group by all
