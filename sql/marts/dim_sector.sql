-- model: dim_sector
-- grain: sector_code
-- kind:  table
-- order: sector_code
-- why:   the sectors valid at the as-of time, and every other code that records carry
with

seen as (

    select code as sector_code

    from agg_code

    where list = 'sector'

),

listed as (

    select *

    from stg_list_sector

    where valid_from <= local_date(as_of())

    qualify row_number() over (partition by sector_code order by valid_from desc) = 1

),

codes as (

    select sector_code from seen

    union

    select sector_code from listed

),

named as (

    select
        codes.sector_code,

        coalesce(listed.name, codes.sector_code) as name,
        coalesce(listed.parent_code, '~') as parent_code,
        listed.sector_code is not null as is_known

    from codes

    left join listed on codes.sector_code = listed.sector_code

)

select * from named
