-- model: v_actor
-- grain: actor_id
-- kind:  view
-- why:   the people that do steps and fill in records, as pseudonyms, with the span in which they were seen. First and last
--        do not add up over entities, so this is read from the facts and not kept
with

seen as (

    select
        actor_id,
        org_code,
        coalesce(started_at, claimed_at, arrived_at, ended_at) as first_at,
        coalesce(ended_at, started_at, claimed_at, arrived_at) as last_at

    from fact_step_run

    union all

    select
        actor_id,
        org_code,
        last_event_at as first_at,
        last_event_at as last_at

    from fact_work

)

select
    actor_id,
    min(first_at) as first_seen_at,
    max(last_at) as last_seen_at,
    count(distinct org_code) as n_orgs,
    count(*) as n

from seen

where actor_id not in ('~', '-')

group by all
