-- metric:     M03
-- name_zh:    岗位活跃率
-- name_en:    Posts active
-- formula_en: working days of posts with a record ÷ working days of posts in force
-- formula_zh: 有记录的岗位工作日 ÷ 在册岗位工作日
-- population_en: filled posts, each on the working days of its unit's calendar on which it was in force in the period; leave is not known
-- population_zh: 期内在册且在岗的岗位，按其在册的本单位工作日计；未扣除请假
-- kind:       derived
-- unit:       ratio
-- direction:  up
-- min_n:      1
-- why:        a record is a duty record or the end of a step; work on days of rest does not count
select
    period_grain,
    period,
    region_code,
    sector_code,
    dept_code as org_code,
    parent_org as section_code,
    org_code as post_code,
    '*' as process_code,
    '*' as step_code,
    '-' as clock,
    'rate' as stat,
    sum(n_workdays) as num,
    sum(workdays) as den,
    sum(workdays) as n

from agg_post_period

group by all
