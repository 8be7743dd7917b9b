-- model: int_missing_step
-- grain: case_id, step_code
-- kind:  table
-- entity: case_id
-- why:   the mandatory steps that a finished case did not run (M31). A step of a procedure that was not run is no miss of its
--        own: the procedure is, if it is mandatory. A denial ends the way, so what would have come after the furthest step that
--        was run is not expected of it
with

touched as (

    select
        run.case_id,
        under.at_code as step_code,

        bool_or(under.mandatory) as mandatory,
        max(under.seq) as seq

    from int_judged_run as run

    inner join int_step_under as under
        on run.process_code = under.process_code
        and run.ver = under.ver
        and run.step_code = under.step_code
        and run.anchor_date >= under.holds_from
        and run.anchor_date < under.holds_to

    group by all

),

-- by number first: only the few cases that lack some are looked at step by step
short as (

    select
        judged.case_id,

        judged.process_code,
        judged.ver,
        judged.anchor_date,
        judged.finish_kind,
        coalesce(reached.furthest_seq, 0) as furthest_seq

    from int_judged_case as judged

    left join (
        select
            case_id,

            count(*) filter (mandatory) as n_mandatory,
            max(seq) as furthest_seq

        from touched

        group by all
    ) as reached
        on judged.case_id = reached.case_id

    where judged.finish_kind in ('normal', 'certificate', 'forwarded', 'reported', 'denied')
        and coalesce(reached.n_mandatory, 0) < judged.n_mandatory

),

lacking as (

    select
        short.case_id,
        step.step_code,

        short.process_code,
        short.ver,
        short.anchor_date

    from short

    inner join int_step_version as step
        on short.process_code = step.process_code
        and short.ver = step.ver
        and short.anchor_date >= step.holds_from
        and short.anchor_date < step.holds_to

    left join touched
        on short.case_id = touched.case_id
        and step.step_code = touched.step_code

    where step.mandatory
        and touched.case_id is null
        and (short.finish_kind <> 'denied' or step.seq <= short.furthest_seq)

),

not_asked as (

    select distinct
        lacking.case_id,
        lacking.step_code

    from lacking

    inner join int_step_under as under
        on lacking.process_code = under.process_code
        and lacking.ver = under.ver
        and lacking.step_code = under.step_code
        and under.depth > 0
        and lacking.anchor_date >= under.holds_from
        and lacking.anchor_date < under.holds_to

    left join touched
        on lacking.case_id = touched.case_id
        and under.at_code = touched.step_code

    where touched.case_id is null

)

select
    lacking.case_id,
    lacking.step_code

from lacking

left join not_asked
    on lacking.case_id = not_asked.case_id
    and lacking.step_code = not_asked.step_code

where not_asked.case_id is null
