-- model: dim_org_ancestor
-- grain: org_code, ancestor_code
-- kind:  table
-- order: org_code, ancestor_code
-- why:   which unit belongs to which, by the parents in the list: a post to its section, a section to its department, an
--        office to its bureau. Every unit belongs to itself
with recursive

walk as (

    select
        org_code,
        org_code as ancestor_code,
        0 as depth

    from dim_org

    union all

    select
        walk.org_code,
        org.parent_org as ancestor_code,
        walk.depth + 1 as depth

    from walk

    inner join dim_org as org
        on walk.ancestor_code = org.org_code

    where org.parent_org <> '~'
        and walk.depth < 10

)

select * from walk
