-- model: agg_variant
-- grain: process_code, variant_id
-- kind:  table
-- order: process_code, variant_id
-- why:   the ways that cases of a process take. The steps are spelled out once per variant, from its first case: a text
--        per case would be most of the warehouse
with

counted as (

    select
        process_code,
        variant_id,

        min(case_id) as example_case,
        count(*) as n_cases,
        min(n_steps) as n_steps

    from fact_case

    where n_steps > 0
        and finish_kind is distinct from 'voided'

    group by all

),

spelled as (

    select
        counted.process_code,
        counted.variant_id,

        string_agg(run.step_code, ' > ' order by run.run_pos) as steps

    from counted

    inner join fact_step_run as run
        on counted.example_case = run.case_id

    group by all

),

ranked as (

    select
        counted.*,

        spelled.steps,
        sum(counted.n_cases) over (partition by counted.process_code)::bigint as process_cases,
        row_number() over (
            partition by counted.process_code
            order by counted.n_cases desc, counted.variant_id
        ) as rank

    from counted

    inner join spelled
        on counted.process_code = spelled.process_code
        and counted.variant_id = spelled.variant_id

)

select * from ranked
