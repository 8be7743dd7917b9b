-- model: dim_region_ancestor
-- grain: region_code, ancestor_code
-- kind:  table
-- order: region_code, ancestor_code
-- why:   which region lies in which, by the parents in the list; codes do not tell it (development zones, counties under
--        the province). Every region lies in itself
with recursive

walk as (

    select
        region_code,
        region_code as ancestor_code,
        0 as depth

    from dim_region

    union all

    select
        walk.region_code,
        region.parent_code as ancestor_code,
        walk.depth + 1 as depth

    from walk

    inner join dim_region as region
        on walk.ancestor_code = region.region_code

    where region.parent_code <> '~'
        and walk.depth < 10

)

select * from walk
