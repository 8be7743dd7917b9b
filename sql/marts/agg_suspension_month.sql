-- model: agg_suspension_month
-- grain: month, region_code, sector_code, org_code, section_code, process_code, suspend_kind, agent_org
-- kind:  sums
-- order: month, region_code, sector_code, org_code, section_code, process_code, suspend_kind, agent_org
-- why:   special procedures by kind and by who carries them out, in the month in which they begin: a clock that is stopped
--        often, long, beyond the limit or for ever is found here
select
    date_trunc('month', started_date)::date as month,
    region_code,
    sector_code,
    owner_org as org_code,
    section_code,
    process_code,
    text_or_unknown(suspend_kind) as suspend_kind,
    agent_org,

    count(*) as n,
    count(*) filter (over_limit) as n_over_limit,
    count(*) filter (not_closed) as n_not_closed,
    count(actual_work_us) as n_timed,
    coalesce(sum(actual_us), 0)::bigint as actual_us,
    coalesce(sum(actual_work_us), 0)::bigint as actual_work_us,
    coalesce(sum(credited_work_us), 0)::bigint as credited_work_us

from fact_suspension

where not is_voided

group by all
