-- model: int_process_shape
-- grain: process_code, ver, holds_from
-- kind:  table
-- why:   how many steps a version of a process makes every case pass, and the highest level that it asks to sign: most cases
--        are judged by these numbers alone
with

edges as (

    select
        process_code,
        ver,
        holds_from as edge

    from int_step_version

    union

    select
        process_code,
        ver,
        holds_to as edge

    from int_step_version

),

stretches as (

    select
        process_code,
        ver,
        edge as holds_from,
        lead(edge) over (partition by process_code, ver order by edge) as holds_to

    from edges

),

shapes as (

    select
        stretches.process_code,
        stretches.ver,
        stretches.holds_from,
        stretches.holds_to,

        count(*) filter (step.mandatory) as n_mandatory,
        max(step.approval_level) as max_level

    from stretches

    inner join int_step_version as step
        on stretches.process_code = step.process_code
        and stretches.ver = step.ver
        and step.holds_from <= stretches.holds_from
        and step.holds_to >= stretches.holds_to

    where stretches.holds_to is not null

    group by all

)

select * from shapes
