-- model: int_known_code
-- grain: list, code, valid_from
-- kind:  table
-- why:   every code of the lists in the time in which some row of it holds: versions that follow each other without a gap are one
--        stretch, so that a code is found once
with

listed as (

    select
        case list
            when 'power' then 'item'
            else list
        end as list,
        case list
            when 'region' then fields ->> '$.region_code'
            when 'org' then fields ->> '$.org_code'
            when 'sector' then fields ->> '$.sector_code'
            when 'process' then fields ->> '$.process_code'
            when 'step' then (fields ->> '$.process_code') || chr(31) || (fields ->> '$.step_code')
            when 'power' then fields ->> '$.item_code'
            when 'task' then fields ->> '$.task_code'
        end as code,
        coalesce(valid_from, date '0001-01-01') as valid_from,
        coalesce(valid_to, date '9999-12-31') as valid_to

    from stg_list

    where list in ('region', 'org', 'sector', 'process', 'step', 'power', 'task')

),

begun as (

    select
        *,

        coalesce(
            valid_from > max(valid_to) over (
                partition by list, code
                order by valid_from, valid_to
                rows between unbounded preceding and 1 preceding
            ),
            true
        ) as begins

    from listed

),

stretches as (

    select
        *,

        count(*) filter (begins) over (
            partition by list, code
            order by valid_from, valid_to
            rows between unbounded preceding and current row
        ) as stretch_no

    from begun

)

select
    list,
    code,
    min(valid_from) as valid_from,

    max(valid_to) as valid_to

from stretches

group by
    list,
    code,
    stretch_no
