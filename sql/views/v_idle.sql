-- model: v_idle
-- grain: period_grain, period, kind, code
-- kind:  view
-- why:   the tasks, posts, sections and departments without any record in a month, quarter or year so far: the lists to the
--        counts M02 to M02t
select
    period_grain,
    period,
    kind,
    org_code as code,
    name,
    dept_code,
    region_code

from agg_unit_period

where n_days = 0
    and kind in ('department', 'section', 'post')
    and is_filled

union all

select
    period_grain,
    period,
    'task' as kind,
    task_code as code,
    name,
    org_code as dept_code,
    region_code

from agg_task_period

where is_expected
    and n_records + n_cases = 0
