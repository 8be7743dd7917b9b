select task_code,n_cases from agg_task_period where period_grain='month' and period=date '2026-03-01'
