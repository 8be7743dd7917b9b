-- model: int_org_sector
-- grain: org_code, valid_from
-- kind:  table
-- why:   the sector of a unit over time, one row per stretch of days: its own, else that of the nearest unit above
with

edges as (

    select
        org_code,
        valid_from as edge

    from int_org_unit

    where sector_code is not null

    union

    select
        org_code,
        valid_to as edge

    from int_org_unit

    where sector_code is not null

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

        min_by(unit.sector_code, (unit.depth, unit.valid_from, unit.sector_code)) as sector_code

    from stretches

    inner join int_org_unit as unit
        on stretches.org_code = unit.org_code
        and unit.sector_code is not null
        and unit.valid_from <= stretches.valid_from
        and unit.valid_to >= stretches.valid_to

    where stretches.valid_to is not null

    group by all

)

select * from resolved
