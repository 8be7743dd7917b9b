-- model: int_step_version
-- grain: process_code, ver, step_code, holds_from
-- kind:  table
-- why:   the declared steps by version without gaps. Validity chooses a version; a case that has one keeps its limits when
--        the list lets it expire, so of several rows of a version the latest begun at acceptance holds, else the first
with

numbered as (

    select
        process_code,
        ver,
        step_code,
        valid_from,
        seq,
        parent_step,
        mandatory,
        max_visits,
        role,
        approval_level,
        predecessors,
        limit_n,
        limit_unit,
        parallel_group,
        may_suspend,

        row_number() over in_step as nth,
        lead(valid_from) over in_step as next_from

    from stg_list_step

    window in_step as (partition by process_code, ver, step_code order by valid_from)

)

select
    process_code,
    ver,
    step_code,
    case when nth = 1 then date '0001-01-01' else valid_from end as holds_from,
    coalesce(next_from, date '9999-12-31') as holds_to,

    seq,
    parent_step,
    mandatory,
    max_visits,
    role,
    approval_level,
    predecessors,
    limit_n,
    limit_unit,
    parallel_group,
    may_suspend

from numbered
