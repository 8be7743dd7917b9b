-- model: dim_task
-- grain: task_code
-- kind:  table
-- order: task_code
-- why:   the duty tasks valid at the as-of time, and every other code that duty records carry
with

listed as (

    select *

    from stg_list_task

    where valid_from <= local_date(as_of())

    qualify row_number() over (partition by task_code order by valid_from desc) = 1

),

codes as (

    select code as task_code

    from agg_code

    where list = 'task'

    union

    select task_code from listed

),

named as (

    select
        codes.task_code,

        coalesce(listed.name, codes.task_code) as name,
        coalesce(listed.section_code, '~') as section_code,
        coalesce(listed.duty_code, '~') as duty_code,
        coalesce(listed.process_code, '~') as process_code,
        coalesce(duty.org_code, '~') as duty_org,
        coalesce(duty.text, '~') as duty,
        listed.frequency,
        listed.expected_per_period,
        listed.std_minutes,
        listed.task_code is not null as is_known

    from codes

    left join listed on codes.task_code = listed.task_code

    left join dim_duty as duty on listed.duty_code = duty.duty_code

)

select * from named
