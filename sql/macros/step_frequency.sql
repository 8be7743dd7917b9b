-- macro: step_frequency(since, until, region := '*', sector := '*', org := '*', section := '*', post := '*', process := '*', step := '*', calendar := 'CN')
-- kind:  table
-- publish: yes
-- why:   M18 by step: how often it ran, per case that entered it, and per working day of the months asked for, as far as the
--        version's time has come
with

workdays as (

    select count(*) as n

    from dim_date

    where calendar_id = calendar
        and is_work
        and date >= since::date
        and date < until::date
        and date <= local_date(as_of() - interval 1 microsecond)

),

runs as (

    select
        process_code,
        step_code,

        sum(num) as runs,
        sum(den) as cases

    from metric_leaf(
        'M18', since, until,
        region := region, sector := sector, org := org, section := section, post := post, process := process, step := step
    )

    group by all

)

select
    runs.process_code,
    runs.step_code,
    runs.runs::bigint as runs,
    runs.cases::bigint as cases,
    case when runs.cases > 0 then runs.runs / runs.cases::double end as per_case,
    workdays.n as workdays,
    case when workdays.n > 0 then runs.runs / workdays.n::double end as per_workday

from runs

cross join workdays

order by
    runs.process_code,
    runs.step_code
