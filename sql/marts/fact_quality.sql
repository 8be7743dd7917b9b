-- model: fact_quality
-- grain: day, topic, source, org_code, rule
-- kind:  sums
-- order: day, topic, source, org_code, rule
-- why:   how many were looked at and how many failed, by day of the event, topic, sender, department and rule (M90 to M94); a case
--        has no single sender
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

-- added up before it is told apart by rule: one look at the facts instead of six
counted as (

    select
        day,
        topic,
        source,
        org_code,

        sum(received) as received,
        sum(timely) as timely,
        sum(duplicates) as duplicates,
        sum(conflicts) as conflicts,
        sum(wanted) as wanted,
        sum(filled) as filled,
        sum(codes) as codes,
        sum(unknown_codes) as unknown_codes,
        sum(sectors) as sectors,
        sum(sector_mismatches) as sector_mismatches

    from delivered

    group by all

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

),

looked_at as (

    select
        day,
        topic,
        source,
        org_code,

        unnest(['complete', 'unique', 'same_revision', 'code', 'sector', 'timely']) as rule,
        unnest([wanted, received, received, codes, sectors, received]) as checked,
        unnest([wanted - filled, duplicates, conflicts, unknown_codes, sector_mismatches, received - timely]) as failed

    from counted

    union all

    select
        day,
        topic,
        source,
        org_code,

        'order' as rule,
        cases as checked,
        contradictory as failed

    from judged

)

select
    day,
    topic,
    source,
    org_code,
    rule,

    sum(checked)::bigint as checked,
    sum(failed)::bigint as failed

from looked_at

where checked > 0

group by all
