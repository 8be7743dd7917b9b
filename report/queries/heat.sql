-- query: heat
-- grain: region, sector
-- why:   where the on-time rate is low, and in which line of work. Regions are those a level below
with

below as (

    select
        region_code as code,
        name

    from dim_region

    where
        not external
        and (parent_code = $region or ($region = '*' and parent_code = '~'))

),

inside as (

    select
        ancestor.region_code,
        below.code

    from dim_region_ancestor as ancestor

    inner join below
        on ancestor.ancestor_code = below.code

),

cells as (

    select
        coalesce(inside.code, m.region_code) as region_code,
        m.sector_code,

        sum(m.num)::bigint as on_time_cases,
        sum(m.den)::bigint as n

    from v_metric_month as m

    left join inside
        on m.region_code = inside.region_code

    where
        m.metric_id = 'M22'
        and m.month >= $from::date
        and m.month < $to::date
        and ($region = '*' or region_in(m.region_code, $region))
        and ($sector = '*' or m.sector_code = $sector)
        and ($org = '*' or m.org_code = $org)

    group by all

    having sum(m.den) > 0

)

select
    cells.region_code,
    coalesce(dim_region.name, cells.region_code) as region_name,
    cells.region_code = $region as is_own,
    cells.sector_code,
    coalesce(dim_sector.name, cells.sector_code) as sector_name,
    cells.on_time_cases / cells.n as on_time,
    cells.n

from cells

left join dim_region
    on cells.region_code = dim_region.region_code

left join dim_sector
    on cells.sector_code = dim_sector.sector_code

order by cells.region_code, cells.sector_code
