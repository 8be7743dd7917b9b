-- model: fact_quality
-- grain: day, topic, source, org_code, rule
-- kind:  sums
-- order: day, topic, source, org_code, rule
-- why:   how many were looked at and how many failed, by day of the event, topic, sender, department and rule (M90 to M94); a case
--        has no single sender
with

looked_at as (

    select
        day,
        'duty.step' as topic,
        source,
        org_code,
        'complete' as rule,
        wanted as checked,
        wanted - filled as failed

    from fact_step_delivery

    union all

    select
        day,
        'duty.step' as topic,
        source,
        org_code,
        'unique' as rule,
        received as checked,
        duplicates as failed

    from fact_step_delivery

    union all

    select
        day,
        'duty.step' as topic,
        source,
        org_code,
        'same_revision' as rule,
        received as checked,
        conflicts as failed

    from fact_step_delivery

    union all

    select
        day,
        'duty.step' as topic,
        source,
        org_code,
        'code' as rule,
        codes as checked,
        unknown_codes as failed

    from fact_step_delivery

    union all

    select
        day,
        'duty.step' as topic,
        source,
        org_code,
        'sector' as rule,
        sectors as checked,
        sector_mismatches as failed

    from fact_step_delivery

    union all

    select
        day,
        'duty.step' as topic,
        source,
        org_code,
        'timely' as rule,
        received as checked,
        received - timely as failed

    from fact_step_delivery

    union all

    select
        day,
        'duty.work' as topic,
        source,
        org_code,
        'complete' as rule,
        wanted as checked,
        wanted - filled as failed

    from fact_work_delivery

    union all

    select
        day,
        'duty.work' as topic,
        source,
        org_code,
        'unique' as rule,
        received as checked,
        duplicates as failed

    from fact_work_delivery

    union all

    select
        day,
        'duty.work' as topic,
        source,
        org_code,
        'same_revision' as rule,
        received as checked,
        conflicts as failed

    from fact_work_delivery

    union all

    select
        day,
        'duty.work' as topic,
        source,
        org_code,
        'code' as rule,
        codes as checked,
        unknown_codes as failed

    from fact_work_delivery

    union all

    select
        day,
        'duty.work' as topic,
        source,
        org_code,
        'sector' as rule,
        sectors as checked,
        sector_mismatches as failed

    from fact_work_delivery

    union all

    select
        day,
        'duty.work' as topic,
        source,
        org_code,
        'timely' as rule,
        received as checked,
        received - timely as failed

    from fact_work_delivery

    union all

    select
        finished_date as day,
        'duty.step' as topic,
        '*' as source,
        owner_org as org_code,
        'order' as rule,
        1 as checked,
        is_contradictory::integer as failed

    from pop_case

    where in_f
        or in_x

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
