-- model: dim_org_period
-- grain: period_grain, period, org_code
-- kind:  table
-- order: period_grain, period, org_code
-- why:   every unit as it stood at the end of each period, or on its own last day if it was dissolved before: figures about a
--        period keep the structure of that period when a section moves or a department goes
with

ends as (

    select
        period_grain,
        period,
        least(until - 1, local_date(as_of())) as last_day

    from dim_period

),

-- of the rows of the list the latest begun by the last day, on that day or on the last day that it held
placed as (

    select
        ends.period_grain,
        ends.period,
        unit.org_code,

        unit.name,
        unit.kind,
        unit.region_code,
        unit.parent_org,
        least(ends.last_day, unit.valid_to - 1) as at_day

    from ends

    inner join stg_list_org as unit
        on ends.last_day >= unit.valid_from

    qualify
        row_number() over (
            partition by ends.period_grain, ends.period, unit.org_code
            order by unit.valid_from desc
        ) = 1

),

days as (

    select distinct
        org_code,
        at_day

    from placed

),

-- the department of a unit is the nearest one of that kind, else the topmost unit
departments as (

    select
        days.org_code,
        days.at_day,

        min_by(
            unit.at_code,
            (
                unit.at_kind is distinct from 'department',
                case when unit.at_kind = 'department' then unit.depth else -unit.depth end,
                unit.at_code
            )
        ) as dept_code

    from days

    inner join int_org_unit as unit
        on days.org_code = unit.org_code
        and days.at_day >= unit.valid_from
        and days.at_day < unit.valid_to

    group by all

)

select
    placed.period_grain,
    placed.period,
    placed.org_code,

    placed.at_day,
    placed.name,
    coalesce(placed.kind, '~') as kind,
    coalesce(placed.region_code, '~') as region_code,
    coalesce(sector.sector_code, '~') as sector_code,
    coalesce(departments.dept_code, placed.org_code) as dept_code,
    coalesce(placed.parent_org, '~') as parent_org,
    coalesce(calendar.calendar_id, 'CN') as calendar_id

from placed

left join departments
    on placed.org_code = departments.org_code
    and placed.at_day = departments.at_day

left join int_org_sector as sector
    on placed.org_code = sector.org_code
    and placed.at_day >= sector.valid_from
    and placed.at_day < sector.valid_to

left join int_org_calendar as calendar
    on placed.org_code = calendar.org_code
    and placed.at_day >= calendar.valid_from
    and placed.at_day < calendar.valid_to
