-- metric:     M96
-- name_zh:    可疑完成率
-- name_en:    Suspicious finishes
-- formula_en: cases first finished within the last 24 hours before they were due and reopened later ÷ cases with a due time that were finished once
-- formula_zh: 到期前 24 小时内办结后又重新办理的件数 ÷ 有到期时间且曾办结的件数
-- population_en: F, and cases that were finished, reopened and are open again, with a due time, by month of the first finish
-- population_zh: 有到期时间的正常办结件及办结后重新办理、尚未再次办结的件，按首次办结月份
-- unit:       ratio
-- direction:  down
-- min_n:      30
-- why:        a suspicion and no finding: v_suspicion has the cases, and steps that were done faster than one in a hundred or at the last minute
select
    date_trunc('month', local_date(first_finished_at))::date as month,
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

where (in_f or in_o)
    and first_finished_at is not null
    and due_at is not null

group by all
