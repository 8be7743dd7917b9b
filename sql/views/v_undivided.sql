-- model: v_undivided
-- grain: kind, code
-- kind:  view
-- why:   the duties without a task and the tasks without a post as of the version's time (M07)
select
    'duty' as kind,
    duty.duty_code as code,
    duty.text as name,
    duty.org_code as unit_code

from dim_duty as duty

left join dim_task as task
    on duty.duty_code = task.duty_code

where duty.is_current
    and task.task_code is null

union all

select
    'task' as kind,
    task.task_code as code,
    task.name,
    task.section_code as unit_code

from agg_task_period as task

where task.period_grain = 'month'
    and task.post_codes is null
    and task.period = (select max(period) from dim_period where period_grain = 'month')
