-- macro: multitasking(since, until, least_n := 1)
-- kind:  table
-- publish: yes
-- why:   how many steps a person has in work at a time: processing time summed over the runs that ended in the days from since
--        to until, over the time in which there was at least one. 1 is one after the other
with

runs as (

    select
        org_code,
        section_code,
        actor_id,

        epoch_us(coalesce(started_at, claimed_at)) as from_us,
        epoch_us(ended_at) as to_us,
        row_number() over (
            partition by org_code, section_code, actor_id
            order by coalesce(started_at, claimed_at), ended_at, case_id, step_code, visit
        ) as nth

    from fact_step_run

    where ended_date >= since
        and ended_date < until
        and not implied_end
        and not is_voided
        and actor_id <> '~'
        and step_us >= 0

),

uncovered as (

    select
        *,

        greatest(
            0,
            to_us - greatest(
                from_us,
                coalesce(
                    max(to_us) over (
                        partition by org_code, section_code, actor_id
                        order by nth
                        rows between unbounded preceding and 1 preceding
                    ),
                    from_us
                )
            )
        ) as add_us

    from runs

),

grouped as (

    select
        org_code,
        section_code,
        actor_id,
        count(*) as n,
        seconds(sum(to_us - from_us)) as total_s,
        seconds(sum(add_us)) as busy_s,
        case when sum(add_us) > 0 then sum(to_us - from_us) / sum(add_us)::double end as at_a_time

    from uncovered

    group by all

)

select *

from grouped

where n >= least_n

order by
    at_a_time desc nulls last,
    org_code,
    section_code,
    actor_id
