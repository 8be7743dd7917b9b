-- metric:     M29d
-- name_zh:    受理及时率
-- name_en:    Timely acceptance rate
-- formula_en: answered within 2 working days of the hand-in ÷ handed in
-- formula_zh: 申请后2个工作日内受理、不予受理或告知补正的件数 ÷ 申请件数
-- population_en: valid cases with a hand-in whose 2 working days are over by the as-of time, by month of the hand-in; the first of accept, refuse and notice of correction answers
-- population_zh: 截至统计时点答复期已满的有效申请件，按申请月份；受理、不予受理、补正告知中最早者为答复
-- unit:       ratio
-- direction:  up
-- min_n:      5
-- why:        the law allows five days, after which silence means acceptance: v_case flags those; quick answers of the last two days wait for the slow ones
select
    date_trunc('month', submitted_date)::date as month,
    region_code,
    sector_code,
    owner_org as org_code,
    owner_section as section_code,
    '*' as post_code,
    process_code,
    '*' as step_code,
    '-' as clock,
    'rate' as stat,
    count(*) filter (least(first_answer_at, accepted_at) < answer_due_at) as num,
    count(*) as den,
    count(*) as n

from pop_case

where is_valid
    and answer_due_at <= as_of()

group by all
