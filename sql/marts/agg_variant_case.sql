-- model: agg_variant_case
-- grain: process_code, variant_id, n_steps, steps
-- kind:  sums
-- order: process_code, variant_id
-- why:   how many cases take each way. The steps are spelled out once per variant, from one of the cases in hand, and all
--        cases of a variant spell the same: a text per case would be most of the warehouse
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

)

select
    counted.process_code,
    counted.variant_id,
    counted.n_steps,
    spelled.steps,

    counted.n_cases

from counted

inner join spelled
    on counted.process_code = spelled.process_code
    and counted.variant_id = spelled.variant_id
