-- metric:     M26
-- zh:         超期率
-- en:         Overdue rate
-- formula:    cases due that are late ÷ cases due; mean = working days over ÷ late cases
-- formula_zh: 到期件中超期件数 ÷ 到期件数；均值 = 超期工作日 ÷ 超期件数
-- population: D, as for M22, with which the rate adds up to 100 %
-- population_zh: 与按时办结率相同，两率之和为 100%
-- unit:       ratio
-- direction:  down
-- min_n:      5
-- why:        an open case past its due time is late, whatever comes of it
with

as_of_day as (

    select
        calendar_id,
        work_seq

    from dim_date

    where date = local_date(as_of())

),

judged as (

    select
        date_trunc('month', due_date)::date as month,
        pop_case.region_code,
        pop_case.sector_code,
        pop_case.owner_org as org_code,
        pop_case.process_code,

        not coalesce(pop_case.in_f and pop_case.ended_in_time, false) as is_late,
        greatest(0, coalesce(pop_case.ended_seq, as_of_day.work_seq) - pop_case.due_seq) as days_over

    from pop_case

    left join as_of_day
        on pop_case.calendar_id = as_of_day.calendar_id

    where pop_case.in_d

),

rows as (

    select
        month,
        region_code,
        sector_code,
        org_code,
        process_code,
        '-' as clock,
        'rate' as stat,
        is_late::integer as num,
        1 as den

    from judged

    union all

    select
        month,
        region_code,
        sector_code,
        org_code,
        process_code,
        'date' as clock,
        'mean' as stat,
        days_over as num,
        1 as den

    from judged

    where is_late

)

select
    month,
    region_code,
    sector_code,
    org_code,
    process_code,
    '*' as step_code,
    clock,
    stat,
    sum(num) as num,
    sum(den) as den,
    count(*) as n

from rows

group by all
