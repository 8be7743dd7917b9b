-- metric:     M96
-- name_zh:    可疑完成率
-- name_en:    Suspicious finishes
-- formula_en: F first finished within the last 24 hours before they were due and reopened later ÷ F with a due time
-- formula_zh: 到期前 24 小时内办结后又重新办理的件数 ÷ 有到期时间的正常办结件
-- population_en: F with a due time, by month of the finish
-- population_zh: 有到期时间的正常办结件，按办结月份
-- unit:       ratio
-- direction:  down
-- min_n:      30
-- why:        a suspicion and no finding: v_suspicion has the cases, and steps that were done faster than one in a hundred or at the last minute
select
    date_trunc('month', finished_date)::date as month,
    region_code,
    sector_code,
    owner_org as org_code,
    owner_section as section_code,
    '*' as post_code,
    process_code,
    '*' as step_code,
    '-' as clock,
    'rate' as stat,
    count(*) filter (
        n_reopen > 0
        and first_finished_at <= due_at
        and us_between(first_finished_at, due_at) <= 86400000000
    ) as num,
    count(*) as den,
    count(*) as n

from pop_case

where in_f
    and due_at is not null

group by all
