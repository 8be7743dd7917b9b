-- model: int_judged_case
-- grain: case_id
-- kind:  table
-- entity: case_id
-- why:   the cases that can be held against a definition: not voided, of a version whose steps are declared, and with at least
--        one step told. Of a case without any step it is not known what was done
select
    head.case_id,

    head.process_code,
    head.process_ver as ver,
    head.anchor_date,
    head.owner_org,
    head.finish_kind,
    head.ended_at,
    shape.n_mandatory,
    shape.max_level

from int_case as head

inner join int_process_shape as shape
    on head.process_code = shape.process_code
    and head.process_ver = shape.ver
    and head.anchor_date >= shape.holds_from
    and head.anchor_date < shape.holds_to

where head.n_step_events > 0
    and head.finish_kind is distinct from 'voided'
