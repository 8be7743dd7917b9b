-- model: int_org_calendar
-- grain: org_code, valid_from
-- kind:  table
-- why:   the calendar of a unit over time, one row per stretch of days: its own, else the one mapped to it, else that of
--        the nearest unit above, else that of its region. Units without any use the calendar of the region of the event
with

offers as (

    select
        org_code,
        valid_from,
        valid_to,

        calendar_id,
        depth * 2 as nearness

    from int_org_unit

    where calendar_id is not null

    union all

    select
        unit.org_code,
        greatest(unit.valid_from, map.valid_from) as valid_from,
        least(unit.valid_to, map.valid_to) as valid_to,

        map.calendar_id,
        unit.depth * 2 + 1 as nearness

    from int_org_unit as unit

    inner join stg_list_calendar_map as map
        on unit.at_code = map.code
        and map.scope = 'org'
        and map.valid_from < unit.valid_to
        and map.valid_to > unit.valid_from

    union all

    select
        unit.org_code,
        greatest(unit.valid_from, region.valid_from) as valid_from,
        least(unit.valid_to, region.valid_to) as valid_to,

        region.calendar_id,
        1000 + region.calendar_depth as nearness

    from int_org_unit as unit

    inner join int_region_setting as region
        on unit.region_code = region.region_code
        and region.valid_from < unit.valid_to
        and region.valid_to > unit.valid_from

    where unit.depth = 0
        and region.calendar_id is not null

),

edges as (

    select
        org_code,
        valid_from as edge

    from offers

    union

    select
        org_code,
        valid_to as edge

    from offers

),

stretches as (

    select
        org_code,
        edge as valid_from,
        lead(edge) over (partition by org_code order by edge) as valid_to

    from edges

),

resolved as (

    select
        stretches.org_code,
        stretches.valid_from,
        stretches.valid_to,

        min_by(offers.calendar_id, (offers.nearness, offers.valid_from, offers.calendar_id)) as calendar_id

    from stretches

    inner join offers
        on stretches.org_code = offers.org_code
        and offers.valid_from <= stretches.valid_from
        and offers.valid_to >= stretches.valid_to

    where stretches.valid_to is not null

    group by all

)

select * from resolved
