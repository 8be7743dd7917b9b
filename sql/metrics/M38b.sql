-- metric:     M38b
-- name_zh:    并联环节实际并行率
-- name_en:    Parallel steps that truly overlap
-- formula_en: runs of a parallel group that overlap a run of another step of the group ÷ runs with one to overlap
-- formula_zh: 与同组其他环节实际并行的次数 ÷ 同组有其他环节的并联环节次数
-- population_en: ended runs of valid cases in a parallel group, with a begin, where the case ran another step of the group, by month of the end
-- population_zh: 有效件中并联组内起止时间已知且同组另有环节的环节，按结束月份
-- unit:       ratio
-- direction:  up
-- min_n:      5
-- why:        a group that is declared parallel and done one after the other is a reform on paper
select
    date_trunc('month', ended_date)::date as month,
    region_code,
    sector_code,
    org_code,
    section_code,
    post_code,
    process_code,
    step_code,
    '-' as clock,
    'rate' as stat,
    count(*) filter (overlaps_group) as num,
    count(*) as den,
    count(*) as n

from fact_step_run

where overlaps_group is not null
    and not is_voided

group by all
