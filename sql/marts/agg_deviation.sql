-- model: agg_deviation
-- grain: month, region_code, sector_code, org_code, process_code, rule, kind, step_code
-- kind:  sums
-- order: month, region_code, sector_code, org_code, process_code, rule, kind, step_code
-- why:   where cases leave their definition, step by step: what stands behind M30 to M35 when a process is looked at
select
    date_trunc('month', pop_case.finished_date)::date as month,
    pop_case.region_code,
    pop_case.sector_code,
    pop_case.owner_org as org_code,
    pop_case.process_code,
    deviation.rule,
    deviation.kind,
    deviation.step_code,

    count(*) as n

from pop_case

inner join fact_deviation as deviation
    on pop_case.case_id = deviation.case_id

where pop_case.in_f

group by all
