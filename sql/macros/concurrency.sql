-- macro: concurrency(since, until, least_cases := 1)
-- kind:  table
-- publish: yes
-- why:   M38 by matter: the cases of one parent together, also between departments. The matters are those with a case finished
--        in the days from since up to until; of cases without a parent each is a matter of its own
with

cases as (

    select
        case_id,

        coalesce(parent_case_id, case_id) as matter_id

    from pop_case

    where in_f
        and finished_date >= since
        and finished_date < until

),

runs as (

    select
        cases.matter_id,
        run.case_id,
        run.org_code,

        epoch_us(coalesce(run.started_at, run.claimed_at)) as from_us,
        epoch_us(run.ended_at) as to_us,
        row_number() over (
            partition by cases.matter_id
            order by coalesce(run.started_at, run.claimed_at), run.ended_at, run.case_id, run.run_pos
        ) as nth

    from cases

    inner join fact_step_run as run
        on cases.case_id = run.case_id

    where run.step_us > 0
        and not run.implied_end

),

uncovered as (

    select
        *,

        greatest(
            0,
            to_us - greatest(
                from_us,
                coalesce(
                    max(to_us) over (partition by matter_id order by nth rows between unbounded preceding and 1 preceding),
                    from_us
                )
            )
        ) as add_us

    from runs

),

grouped as (

    select
        matter_id,
        count(distinct case_id) as n_cases,
        count(distinct org_code) as n_orgs,
        count(*) as n_runs,
        seconds(sum(to_us - from_us)) as total_s,
        seconds(sum(add_us)) as union_s,
        sum(to_us - from_us) / sum(add_us)::double as at_a_time

    from uncovered

    group by all

)

select *

from grouped

where n_cases >= least_cases

order by matter_id
