-- metric:     M93w
-- name_zh:    填报时滞
-- name_en:    Delay of duty reports
-- formula_en: (first submit − day of the work) summed ÷ records
-- formula_zh: Σ（首次填报日 − 履职日）÷ 件数
-- population_en: valid duty records with a submit, by month of the day of the work
-- population_zh: 有填报的有效履职记录，按履职日月份
-- unit:       s
-- direction:  down
-- min_n:      30
-- why:        days count as 86,400 s each; a record submitted before the day of its work counts as 0
select
    date_trunc('month', work_date)::date as month,
    region_code,
    sector_code,
    org_code,
    section_code,
    post_code,
    '*' as process_code,
    '*' as step_code,
    'wall' as clock,
    'mean' as stat,
    sum(greatest(delay_days, 0)) * 86400000000 as num,
    count(*) as den,
    count(*) as n

from fact_work

where is_valid
    and delay_days is not null

group by all
