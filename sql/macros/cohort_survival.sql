-- macro: cohort_survival(since, until, region := '*', sector := '*', org := '*', section := '*', process := '*')
-- kind:  table
-- publish: yes
-- why:   M10b, how long cases take that were accepted from since up to, not including, until, open ones included. The share
--        finished by each time is the Aalen-Johansen estimate: open cases are censored at the version's time, an abnormal end
--        competes with a normal one. A share that is not reached has no value, and more_than says how far was seen. Gross
--        time: nobody can say yet what procedures will take of an open case
with

as_of_day as (

    select
        calendar_id,
        work_at(dim_date, us_of_day(local_time(as_of() - interval 1 microsecond)) + 1) as work_us

    from dim_date

    where date = local_date(as_of() - interval 1 microsecond)

),

cohort as (

    select
        one.case_id,

        case when one.in_f then 1 else 0 end as is_f,
        case when one.in_x then 1 else 0 end as is_x,
        us_between(one.accepted_at, coalesce(one.ended_at, as_of())) as wall_us,
        coalesce(
            work_at(ended_day, us_of_day(local_time(one.ended_at))),
            as_of_day.work_us
        ) - work_at(accepted_day, us_of_day(local_time(one.accepted_at))) as work_us

    from pop_case as one

    inner join dim_date as accepted_day
        on one.calendar_id = accepted_day.calendar_id
        and one.accepted_date = accepted_day.date

    inner join as_of_day
        on one.calendar_id = as_of_day.calendar_id

    left join dim_date as ended_day
        on one.calendar_id = ended_day.calendar_id
        and one.ended_date = ended_day.date

    where one.in_a
        and one.accepted_date >= since::date
        and one.accepted_date < until::date
        and (region = '*' or region_in(one.region_code, region))
        and (sector = '*' or one.sector_code = sector)
        and (org = '*' or org_in(one.owner_org, org))
        and (section = '*' or one.owner_section = section)
        and (process = '*' or one.process_code = process)
        and (one.ended_at is null or one.ended_at >= one.accepted_at)

),

clocked as (

    select
        'wall' as clock,
        wall_us as us,
        is_f,
        is_x

    from cohort

    union all

    select
        'work' as clock,
        work_us as us,
        is_f,
        is_x

    from cohort

),

times as (

    select
        clock,
        us,

        sum(is_f) as n_f,
        sum(is_x) as n_x,
        count(*) as n

    from clocked

    group by all

),

at_risk as (

    select
        *,

        sum(n) over (partition by clock order by us desc) as n_risk

    from times

),

survived as (

    -- when all that are left end at one time, nobody is there to be counted after it
    select
        *,

        exp(
            coalesce(
                sum(case when n_f + n_x < n_risk then ln(1 - (n_f + n_x) / n_risk::double) end) over (
                    partition by clock
                    order by us
                    rows between unbounded preceding and 1 preceding
                ),
                0
            )
        ) as alive

    from at_risk

),

gained as (

    select
        *,

        alive * n_f / n_risk::double as gain

    from survived

),

-- added in the order of time, which is the same in every run
finished as (

    select
        *,

        sum(gain) over (
            partition by clock
            order by us
            rows between unbounded preceding and current row
        ) as share

    from gained

),

asked as (

    select *

    from (values ('p50', 0.5), ('p90', 0.9)) as asked(stat, share)

)

select
    finished.clock,
    asked.stat,
    -- a sum of shares that comes to one half but for the last bit is one half
    seconds(min(finished.us) filter (finished.share >= asked.share - 0.000000001)) as value,
    case
        when max(finished.share) < asked.share - 0.000000001 then seconds(max(finished.us))
    end as more_than,
    sum(finished.n)::bigint as n,
    sum(finished.n_f)::bigint as n_finished,
    sum(finished.n_x)::bigint as n_abnormal

from finished

cross join asked

group by
    finished.clock,
    asked.stat,
    asked.share

order by
    finished.clock,
    asked.stat
