-- metric:     M95
-- name_zh:    疑似补录率
-- name_en:    Entered long after
-- formula_en: records first submitted more than 7 days after the work ÷ records
-- formula_zh: 履职 7 日后才首次填报的件数 ÷ 件数
-- population_en: valid duty records with a submit, by month of the day of the work
-- population_zh: 有填报的有效履职记录，按履职日月份
-- unit:       ratio
-- direction:  down
-- min_n:      30
-- why:        a suspicion and no finding: v_suspicion has the records, and those entered in one go or with the same text
select
    date_trunc('month', work_date)::date as month,
    region_code,
    sector_code,
    org_code,
    section_code,
    post_code,
    '*' as process_code,
    '*' as step_code,
    '-' as clock,
    'rate' as stat,
    count(*) filter (delay_days > 7) as num,
    count(*) as den,
    count(*) as n

from fact_work

where is_valid
    and delay_days is not null

group by all
