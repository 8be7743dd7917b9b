-- model: dim_org_now
-- grain: org_code
-- kind:  table
-- order: org_code
-- why:   who stands for a unit today: a unit that was dissolved is followed to its successor, and on to that one's. Figures
--        by org_code are by the structure valid then; grouped by org_now they are by today's
with recursive

latest as (

    select
        org_code,
        valid_to <= local_date(as_of()) as is_gone,
        successor_code

    from stg_list_org

    where valid_from <= local_date(as_of())

    qualify row_number() over (partition by org_code order by valid_from desc) = 1

),

walk as (

    select
        org_code,
        org_code as org_now,
        0 as hops

    from latest

    union all

    select
        walk.org_code,
        gone.successor_code as org_now,
        walk.hops + 1 as hops

    from walk

    inner join latest as gone
        on walk.org_now = gone.org_code

    where gone.is_gone
        and gone.successor_code is not null
        and walk.hops < 10

)

select
    org_code,

    max_by(org_now, hops) as org_now,
    max(hops) as hops

from walk

group by all
