-- model: int_step_under
-- grain: process_code, ver, step_code, depth, holds_from
-- kind:  table
-- why:   every declared step with itself and the procedures that it is a part of, each pair in the time in which both hold: a
--        procedure is run when one of its steps is
with recursive

walk as (

    select
        process_code,
        ver,
        step_code,
        holds_from,
        holds_to,

        step_code as at_code,
        parent_step,
        mandatory,
        seq,
        0 as depth

    from int_step_version

    union all

    select
        walk.process_code,
        walk.ver,
        walk.step_code,
        greatest(walk.holds_from, above.holds_from) as holds_from,
        least(walk.holds_to, above.holds_to) as holds_to,

        above.step_code as at_code,
        above.parent_step,
        above.mandatory,
        above.seq,
        walk.depth + 1 as depth

    from walk

    inner join int_step_version as above
        on walk.process_code = above.process_code
        and walk.ver = above.ver
        and walk.parent_step = above.step_code
        and above.holds_from < walk.holds_to
        and above.holds_to > walk.holds_from

    where walk.depth < 10

)

select * from walk
