-- model: int_org_unit
-- grain: org_code, depth, valid_from
-- kind:  table
-- why:   every organisation with itself and all above it, each pair in the time in which both hold: what a unit does not
--        have of its own (sector, calendar) is taken from the nearest one above that has it
with recursive

walk as (

    select
        org_code,
        valid_from,
        valid_to,

        org_code as at_code,
        kind as at_kind,
        sector_code,
        calendar_id,
        region_code,
        parent_org,
        0 as depth

    from stg_list_org

    union all

    select
        walk.org_code,
        greatest(walk.valid_from, above.valid_from) as valid_from,
        least(walk.valid_to, above.valid_to) as valid_to,

        above.org_code as at_code,
        above.kind as at_kind,
        above.sector_code,
        above.calendar_id,
        above.region_code,
        above.parent_org,
        walk.depth + 1 as depth

    from walk

    inner join stg_list_org as above
        on walk.parent_org = above.org_code
        and above.valid_from < walk.valid_to
        and above.valid_to > walk.valid_from

    where walk.depth < 10

)

select * from walk
