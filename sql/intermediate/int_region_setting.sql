-- model: int_region_setting
-- grain: region_code, valid_from
-- kind:  table
-- why:   how limits are counted in a region: its calendar, its limit clock and whether special procedures are cut at their
--        limit. Each is the region's own, else that of the nearest region above it that says it; the periods of both are
--        cut to where they overlap. Regions for which nobody says anything have no row
with recursive

mapped as (

    select *

    from stg_list_calendar_map

    where scope = 'region'

),

walk as (

    select
        region_code,
        valid_from,
        valid_to,

        parent_code as above,
        region_code as at_code,
        0 as depth

    from stg_list_region

    union all

    select
        walk.region_code,
        greatest(walk.valid_from, above.valid_from) as valid_from,
        least(walk.valid_to, above.valid_to) as valid_to,

        above.parent_code as above,
        above.region_code as at_code,
        walk.depth + 1 as depth

    from walk

    inner join stg_list_region as above
        on walk.above = above.region_code
        and above.valid_from < walk.valid_to
        and above.valid_to > walk.valid_from

    where walk.depth < 10

),

candidates as (

    select
        walk.region_code,
        greatest(walk.valid_from, mapped.valid_from) as valid_from,
        least(walk.valid_to, mapped.valid_to) as valid_to,

        mapped.calendar_id,
        null::varchar as limit_clock,
        null::boolean as cap_suspension,
        walk.depth

    from walk

    inner join mapped
        on walk.at_code = mapped.code
        and mapped.valid_from < walk.valid_to
        and mapped.valid_to > walk.valid_from

    union all

    select
        walk.region_code,
        greatest(walk.valid_from, region.valid_from) as valid_from,
        least(walk.valid_to, region.valid_to) as valid_to,

        null::varchar as calendar_id,
        region.limit_clock,
        region.cap_suspension,
        walk.depth

    from walk

    inner join stg_list_region as region
        on walk.at_code = region.region_code
        and region.valid_from < walk.valid_to
        and region.valid_to > walk.valid_from

    where region.limit_clock is not null
        or region.cap_suspension is not null

),

edges as (

    select
        region_code,
        valid_from as edge

    from candidates

    union

    select
        region_code,
        valid_to as edge

    from candidates

),

stretches as (

    select
        region_code,
        edge as valid_from,
        lead(edge) over (partition by region_code order by edge) as valid_to

    from edges

),

resolved as (

    select
        stretches.region_code,
        stretches.valid_from,
        stretches.valid_to,

        min(candidates.depth) filter (candidates.calendar_id is not null) as calendar_depth,
        -- min_by passes over nulls: each setting comes from the nearest region that has it
        min_by(candidates.calendar_id, (candidates.depth, candidates.valid_from, candidates.calendar_id)) as calendar_id,
        min_by(candidates.limit_clock, (candidates.depth, candidates.valid_from)) as limit_clock,
        min_by(candidates.cap_suspension, (candidates.depth, candidates.valid_from)) as cap_suspension

    from stretches

    inner join candidates
        on stretches.region_code = candidates.region_code
        and candidates.valid_from <= stretches.valid_from
        and candidates.valid_to >= stretches.valid_to

    where stretches.valid_to is not null

    group by all

)

select * from resolved
