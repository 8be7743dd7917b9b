-- macro: metric_units(id, since, until, unit := 'org', region_level := null, region := '*', sector := '*', org := '*', section := '*', post := '*', process := '*', step := '*')
-- kind:  table
-- why:   what metric_rank compares: the cells of process and sector of every unit. unit is org (its department), section,
--        post, region (of region_level, else as sent), sector, process or step. What lies in no region of that level, such
--        as the city's own offices among its counties, is not a unit
with

placed as (

    select
        leaf.clock,
        leaf.stat,
        case
            when unit = 'org' then coalesce(department.dept_code, leaf.org_code)
            when unit = 'section' then leaf.section_code
            when unit = 'post' then leaf.post_code
            when unit = 'region' and region_level is null then leaf.region_code
            when unit = 'region' then above.ancestor_code
            when unit = 'sector' then leaf.sector_code
            when unit = 'process' then leaf.process_code
            when unit = 'step' then leaf.step_code
            else error('unit ' || unit || ': one of org, section, post, region, sector, process, step')
        end as unit_code,
        leaf.process_code,
        leaf.sector_code,

        leaf.num,
        leaf.den,
        leaf.n

    from metric_leaf(
        id, since, until,
        region := region, sector := sector, org := org, section := section, post := post, process := process, step := step
    ) as leaf

    left join dim_org as department
        on leaf.org_code = department.org_code

    left join (
        select
            ancestor.region_code,
            ancestor.ancestor_code

        from dim_region_ancestor as ancestor

        inner join dim_region as listed
            on ancestor.ancestor_code = listed.region_code

        where listed.level = region_level
    ) as above
        on leaf.region_code = above.region_code

)

select
    clock,
    stat,
    unit_code,
    process_code,
    sector_code,

    sum(num) as num,
    sum(den) as den,
    sum(n) as n

from placed

where unit_code <> '*'

group by all
