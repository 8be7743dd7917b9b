-- model: dim_region
-- grain: region_code
-- kind:  table
-- order: region_code
-- why:   the regions valid at the as-of time, and every other code that records carry: those keep their code as name and
--        are not known
with

seen as (

    select code as region_code

    from agg_code

    where list = 'region'

),

listed as (

    select *

    from stg_list_region

    where valid_from <= local_date(as_of())

    qualify row_number() over (partition by region_code order by valid_from desc) = 1

),

codes as (

    select region_code from seen

    union

    select region_code from listed

),

named as (

    select
        codes.region_code,

        coalesce(listed.name, codes.region_code) as name,
        coalesce(listed.level, 0) as level,
        coalesce(listed.parent_code, '~') as parent_code,
        coalesce(listed.peer_group, '~') as peer_group,
        listed.population,
        coalesce(listed.external, false) as external,
        listed.region_code is not null as is_known

    from codes

    left join listed on codes.region_code = listed.region_code

)

select * from named
