-- model: dim_org
-- grain: org_code
-- kind:  table
-- order: org_code
-- why:   the organisations valid at the as-of time, flattened to their department, and every other code that records carry
with

seen as (

    select code as org_code

    from agg_code

    where list = 'org'

),

listed as (

    select *

    from stg_list_org

    where valid_from <= local_date(as_of())

    qualify row_number() over (partition by org_code order by valid_from desc) = 1

),

sectors as (

    select *

    from int_org_sector

    where valid_from <= local_date(as_of())

    qualify row_number() over (partition by org_code order by valid_from desc) = 1

),

departments as (

    -- the department of a unit is the nearest one of that kind, else the topmost unit
    select
        unit.org_code,

        min_by(
            unit.at_code,
            (
                unit.at_kind is distinct from 'department',
                case when unit.at_kind = 'department' then unit.depth else -unit.depth end,
                unit.at_code
            )
        ) as dept_code

    from int_org_unit as unit

    inner join listed
        on unit.org_code = listed.org_code
        -- a dissolved unit belonged where it did on its last day
        and unit.valid_from <= least(local_date(as_of()), listed.valid_to - 1)
        and unit.valid_to > least(local_date(as_of()), listed.valid_to - 1)

    group by all

),

codes as (

    select org_code from seen

    union

    select org_code from listed

),

named as (

    select
        codes.org_code,

        coalesce(listed.name, codes.org_code) as name,
        coalesce(listed.short_name, listed.name, codes.org_code) as short_name,
        coalesce(listed.kind, '~') as kind,
        coalesce(listed.region_code, '~') as region_code,
        coalesce(sectors.sector_code, '~') as sector_code,
        coalesce(listed.parent_org, '~') as parent_org,
        coalesce(departments.dept_code, codes.org_code) as dept_code,
        coalesce(listed.peer_group, '~') as peer_group,
        -- in figures as of now, what a dissolved unit did counts for who took its duties over
        coalesce(successor.org_now, codes.org_code) as org_now,
        listed.staff_n,
        listed.order_no,
        listed.valid_to <= local_date(as_of()) is not true as is_current,
        listed.org_code is not null as is_known

    from codes

    left join listed on codes.org_code = listed.org_code

    left join sectors on codes.org_code = sectors.org_code

    left join departments on codes.org_code = departments.org_code

    left join dim_org_now as successor on codes.org_code = successor.org_code

)

select * from named
