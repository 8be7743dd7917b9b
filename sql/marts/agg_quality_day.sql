-- model: agg_quality_day
-- grain: day, topic, source, org_code
-- kind:  sums
-- order: day, topic, source, org_code
-- why:   how many deliveries were looked at and how many failed, by day of the event, topic, sender and department (M90 to M94); a
--        case has no single sender. v_quality tells it rule by rule
with

delivered as (

    select
        day,
        'duty.step' as topic,
        source,
        org_code,

        received,
        timely,
        duplicates,
        conflicts,
        wanted,
        filled,
        codes,
        unknown_codes,
        sectors,
        sector_mismatches

    from fact_step_delivery

    union all

    select
        day,
        'duty.work' as topic,
        source,
        org_code,

        received,
        timely,
        duplicates,
        conflicts,
        wanted,
        filled,
        codes,
        unknown_codes,
        sectors,
        sector_mismatches

    from fact_work_delivery

),

judged as (

    select
        finished_date as day,
        'duty.step' as topic,
        '*' as source,
        owner_org as org_code,

        count(*) as cases,
        count(*) filter (is_contradictory) as contradictory

    from pop_case

    where in_f
        or in_x

    group by all

)

select
    day,
    topic,
    source,
    org_code,

    sum(received)::bigint as received,
    sum(timely)::bigint as timely,
    sum(duplicates)::bigint as duplicates,
    sum(conflicts)::bigint as conflicts,
    sum(wanted)::bigint as wanted,
    sum(filled)::bigint as filled,
    sum(codes)::bigint as codes,
    sum(unknown_codes)::bigint as unknown_codes,
    sum(sectors)::bigint as sectors,
    sum(sector_mismatches)::bigint as sector_mismatches,
    0::bigint as cases,
    0::bigint as contradictory

from delivered

group by all

union all

select
    day,
    topic,
    source,
    org_code,

    0 as received,
    0 as timely,
    0 as duplicates,
    0 as conflicts,
    0 as wanted,
    0 as filled,
    0 as codes,
    0 as unknown_codes,
    0 as sectors,
    0 as sector_mismatches,
    cases,
    contradictory

from judged
