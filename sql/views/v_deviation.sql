-- model: v_deviation
-- grain: case_id, rule, kind, step_code, visit
-- kind:  view
-- why:   the rows behind M30 to M35: where a case left the definition of its process, what was expected there and what was seen
select
    deviation.case_id,
    deviation.rule,
    deviation.kind,
    deviation.step_code,
    deviation.visit,
    deviation.expected,
    deviation.seen,
    deviation.seen_at,
    deviation.org_code,
    deviation.post_code,
    judged.process_code,
    judged.process_ver

from fact_deviation as deviation

inner join fact_conformance as judged
    on deviation.case_id = judged.case_id
