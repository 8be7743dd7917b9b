-- query: scope
-- grain: one row
-- why:   resolves what the report is cut to; a name is null when the code is neither in a list nor in the data. Without
--        a region the report is about the city, or about everything where there is none
with

candidates as (

    -- the city; where there is not exactly one, the region above all others
    select
        region_code,
        case when level = 2 then 1 else 2 end as choice

    from dim_region

    where
        is_known
        and not external
        and (level = 2 or parent_code = '~')

),

alone as (

    select
        choice,
        min(region_code) as region_code

    from candidates

    group by choice

    having count(*) = 1

),

chosen as (

    select
        case
            when $default_region then coalesce((select min_by(region_code, choice) from alone), '*')
            else $region
        end as region_code

)

select
    chosen.region_code,
    (select max(r.name) from dim_region as r where r.region_code = chosen.region_code) as region_name,
    (select max(s.name) from dim_sector as s where s.sector_code = $sector) as sector_name,
    (select max(o.name) from dim_org as o where o.org_code = $org) as org_name,
    (select max(v.zone) from version as v) as zone

from chosen
