-- model: dim_process
-- grain: process_code
-- kind:  table
-- order: process_code
-- why:   the processes by their version valid at the as-of time, and every other code that records carry
with

seen as (

    select code as process_code

    from agg_code

    where list = 'process'

),

listed as (

    select *

    from stg_list_process

    where valid_from <= local_date(as_of())

    qualify row_number() over (partition by process_code order by valid_from desc, ver desc) = 1

),

codes as (

    select process_code from seen

    union

    select process_code from listed

),

named as (

    select
        codes.process_code,

        coalesce(listed.name, codes.process_code) as name,
        listed.ver,
        coalesce(listed.item_code, '~') as item_code,
        coalesce(listed.task_code, '~') as task_code,
        coalesce(listed.org_code, '~') as org_code,
        coalesce(listed.service_kind, '~') as service_kind,
        listed.promised_limit,
        listed.promised_unit,
        listed.statutory_limit,
        listed.statutory_unit,
        listed.process_code is not null as is_known

    from codes

    left join listed on codes.process_code = listed.process_code

)

select * from named
