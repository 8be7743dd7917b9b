-- metric:     M37
-- name_zh:    瓶颈贡献
-- name_en:    Bottleneck contribution
-- formula_en: time that the step adds, summed; its share is over the sum of the steps of the process; stat names the basis
-- formula_zh: 该环节累计占用时间；占比以本流程各环节之和为分母
-- population_en: ended runs of valid cases, by month of the end; basis per process: over the limit, else waiting, else since the previous step event
-- population_zh: 有效件的已结束环节，按结束月份；口径按流程取：超时限、等待、距上一环节事件
-- kind:       derived
-- unit:       s
-- direction:  down
-- min_n:      30
-- why:        a total and not a mean, because a mean would name rare steps
select
    dim_period.period_grain,
    dim_period.period,
    region_code,
    sector_code,
    org_code,
    section_code,
    post_code,
    process_code,
    step_code,
    case when basis = 'since_previous' then 'wall' else 'work' end as clock,
    basis as stat,
    sum(us) as num,
    sum(n_runs) as den,
    sum(n_runs) as n

from pop_bottleneck

inner join dim_period
    on pop_bottleneck.month >= dim_period.period
    and pop_bottleneck.month < dim_period.until

group by all
