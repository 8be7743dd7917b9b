-- model: agg_case_day
-- grain: day, region_code, sector_code, org_code, section_code, process_code, item_code
-- kind:  sums
-- order: day, region_code, sector_code, org_code, section_code, process_code, item_code
-- why:   what happened to cases each day: the counts of the populations, each on its own day, under the owning unit. due and
--        due_in_time are those of D (M22)
with

rows as (

    select
        submitted_date as day,
        region_code,
        sector_code,
        owner_org,
        owner_section,
        process_code,
        item_code,

        1 as submitted,
        0 as accepted,
        0 as refused,
        0 as finished,
        0 as withdrawn,
        0 as returned,
        0 as terminated,
        0 as voided,
        0 as due,
        0 as due_in_time

    from pop_case

    where is_valid
        and submitted_date is not null

    union all

    select
        accepted_date as day,
        region_code,
        sector_code,
        owner_org,
        owner_section,
        process_code,
        item_code,

        0 as submitted,
        1 as accepted,
        0 as refused,
        0 as finished,
        0 as withdrawn,
        0 as returned,
        0 as terminated,
        0 as voided,
        0 as due,
        0 as due_in_time

    from pop_case

    where in_a

    union all

    select
        refused_date as day,
        region_code,
        sector_code,
        owner_org,
        owner_section,
        process_code,
        item_code,

        0 as submitted,
        0 as accepted,
        1 as refused,
        0 as finished,
        0 as withdrawn,
        0 as returned,
        0 as terminated,
        0 as voided,
        0 as due,
        0 as due_in_time

    from pop_case

    where is_valid
        and refused_date is not null

    union all

    select
        ended_date as day,
        region_code,
        sector_code,
        owner_org,
        owner_section,
        process_code,
        item_code,

        0 as submitted,
        0 as accepted,
        0 as refused,
        case when in_f then 1 else 0 end as finished,
        case when finish_kind = 'withdrawn' then 1 else 0 end as withdrawn,
        case when finish_kind = 'returned' then 1 else 0 end as returned,
        case when finish_kind = 'terminated' then 1 else 0 end as terminated,
        case when is_valid then 0 else 1 end as voided,
        0 as due,
        0 as due_in_time

    from pop_case

    where in_f
        or in_x
        or not is_valid

    union all

    select
        due_date as day,
        region_code,
        sector_code,
        owner_org,
        owner_section,
        process_code,
        item_code,

        0 as submitted,
        0 as accepted,
        0 as refused,
        0 as finished,
        0 as withdrawn,
        0 as returned,
        0 as terminated,
        0 as voided,
        1 as due,
        case when in_f and ended_in_time then 1 else 0 end as due_in_time

    from pop_case

    where in_d

)

select
    day,
    region_code,
    sector_code,
    owner_org as org_code,
    owner_section as section_code,
    process_code,
    item_code,

    sum(submitted)::bigint as submitted,
    sum(accepted)::bigint as accepted,
    sum(refused)::bigint as refused,
    sum(finished)::bigint as finished,
    sum(withdrawn)::bigint as withdrawn,
    sum(returned)::bigint as returned,
    sum(terminated)::bigint as terminated,
    sum(voided)::bigint as voided,
    sum(due)::bigint as due,
    sum(due_in_time)::bigint as due_in_time

from rows

group by all
