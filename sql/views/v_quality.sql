-- model: v_quality
-- grain: day, topic, source, org_code, rule
-- kind:  view
-- why:   the quality of what was delivered, by day, topic, sender, department and rule: complete (M90), unique and same_revision
--        (M91), code and sector (M92), timely (M93), order (M94), dead_letter (M97)
with

told as (

    select
        day,
        topic,
        source,
        org_code,

        unnest(['complete', 'unique', 'same_revision', 'code', 'sector', 'timely', 'order']) as rule,
        unnest([wanted, received, received, codes, sectors, received, cases]) as checked,
        unnest([
            wanted - filled,
            duplicates,
            conflicts,
            unknown_codes,
            sector_mismatches,
            received - timely,
            contradictory
        ]) as failed

    from agg_quality_day

),

read as (

    select
        topic,
        source,

        day,
        sum(received) as checked

    from agg_quality_day

    where received > 0

    group by all

),

refused as (

    select
        topic,
        source,

        day,
        sum(n) as failed

    from agg_reject

    group by all

),

letters as (

    select
        coalesce(read.day, refused.day) as day,
        coalesce(read.topic, refused.topic) as topic,
        coalesce(read.source, refused.source) as source,
        '*' as org_code,
        'dead_letter' as rule,
        (coalesce(read.checked, 0) + coalesce(refused.failed, 0))::bigint as checked,
        coalesce(refused.failed, 0)::bigint as failed

    from read

    full outer join refused
        on read.topic = refused.topic
        and read.source = refused.source
        and read.day = refused.day

),

together as (

    select *

    from told

    where checked > 0

    union all

    select * from letters

)

select
    day,
    topic,
    source,
    org_code,
    rule,
    checked,
    failed,
    1 - failed / checked::double as share_right

from together
