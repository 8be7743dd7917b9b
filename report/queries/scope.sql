-- query: scope
-- grain: one row
-- why:   resolves what the report is cut to; a name is null when the code is neither in a list nor in the data. Without
--        a region the report is about the one that contains all others, or about everything when there are several
with

roots as (

    select
        region_code,
        name

    from dim_region

    where
        parent_code is null
        and not external

),

chosen as (

    select
        case
            when $region <> '*' then $region
            when $default_region and (select count(*) from roots) = 1 then (select min(region_code) from roots)
            else '*'
        end as region_code

)

select
    chosen.region_code,
    (select max(name) from dim_region as r where r.region_code = chosen.region_code) as region_name,
    (select max(name) from dim_sector where sector_code = $sector) as sector_name,
    (select max(name) from dim_org where org_code = $org) as org_name,
    (select max(zone) from version) as zone

from chosen
