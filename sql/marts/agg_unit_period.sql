-- model: agg_unit_period
-- grain: period_grain, period, org_code
-- kind:  table
-- order: period_grain, period, org_code
-- why:   the departments, sections and posts in force at the end of each period, with what they and what is below them did
--        in it: the days, and the working days of the national calendar, on which there was a duty record, a case accepted or a
--        run of a step
with

ends as (

    select
        period_grain,
        period,
        least(until - 1, local_date(as_of())) as last_day

    from dim_period

),

-- each row of activity is of the post, the section and the department that it names
told as (

    select distinct
        day,
        unnest([org_code, section_code, post_code]) as org_code

    from agg_org_task_day

    where n_records + n_cases + n_runs > 0

),

-- and of the units above them in the list on that day
counted as (

    select distinct
        told.day,
        above.at_code as org_code

    from told

    inner join int_org_unit as above
        on told.org_code = above.org_code
        and told.day >= above.valid_from
        and told.day < above.valid_to

    where told.org_code not in ('~', '-')

),

done as (

    select
        ends.period_grain,
        ends.period,
        counted.org_code,

        count(*) as n_days,
        count(*) filter (day.is_work) as n_workdays

    from ends

    inner join counted
        on counted.day >= ends.period
        and counted.day <= ends.last_day

    left join int_day as day
        on day.calendar_id = 'CN'
        and counted.day = day.date

    group by all

),

spans as (

    select
        ends.period_grain,
        ends.period,

        count(*) filter (day.is_work) as workdays

    from ends

    inner join int_day as day
        on day.calendar_id = 'CN'
        and day.date >= ends.period
        and day.date <= ends.last_day

    group by all

)

select
    ends.period_grain,
    ends.period,
    unit.org_code,

    unit.name,
    unit.kind,
    coalesce(unit.region_code, '~') as region_code,
    coalesce(shown.sector_code, '~') as sector_code,
    coalesce(shown.dept_code, unit.org_code) as dept_code,
    coalesce(unit.parent_org, '~') as parent_org,
    coalesce(unit.mechanism_flag, false) as mechanism_flag,
    coalesce(unit.filled, true) as is_filled,
    coalesce(done.n_days, 0) as n_days,
    coalesce(done.n_workdays, 0) as n_workdays,
    spans.workdays

from ends

inner join stg_list_org as unit
    on ends.last_day >= unit.valid_from
    and ends.last_day < unit.valid_to

inner join spans
    on ends.period_grain = spans.period_grain
    and ends.period = spans.period

left join dim_org_period as shown
    on ends.period_grain = shown.period_grain
    and ends.period = shown.period
    and unit.org_code = shown.org_code

left join done
    on ends.period_grain = done.period_grain
    and ends.period = done.period
    and unit.org_code = done.org_code
