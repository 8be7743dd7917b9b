-- model: dim_step
-- grain: process_code, step_code
-- kind:  table
-- order: process_code, step_code
-- why:   the steps of a process by their newest version, and every other step that records carry
with

seen as (

    select
        process_code,
        code as step_code

    from agg_code

    where list = 'step'

),

listed as (

    select *

    from stg_list_step

    where valid_from <= local_date(as_of())

    qualify row_number() over (partition by process_code, step_code order by valid_from desc, ver desc) = 1

),

codes as (

    select * from seen

    union

    select
        process_code,
        step_code

    from listed

),

named as (

    select
        codes.process_code,
        codes.step_code,

        coalesce(listed.name, codes.step_code) as name,
        coalesce(listed.seq, 0) as seq,
        coalesce(listed.parent_step, '~') as parent_step,
        listed.mandatory,
        listed.max_visits,
        listed.approval_level,
        listed.limit_n,
        listed.limit_unit,
        listed.step_code is not null as is_known

    from codes

    left join listed
        on codes.process_code = listed.process_code
        and codes.step_code = listed.step_code

)

select * from named
