-- model: agg_late
-- grain: month, region_code, sector_code, org_code, section_code, process_code, calendar_id
-- kind:  sums
-- order: month, region_code, sector_code, org_code, section_code, process_code, calendar_id
-- why:   the late cases of D by month of the due day. An open one is a day later with every working day, so of those the
--        number and the sum of their due days are kept, and the days are reckoned when they are asked for (M26d)
select
    date_trunc('month', due_date)::date as month,
    region_code,
    sector_code,
    owner_org as org_code,
    owner_section as section_code,
    process_code,
    calendar_id,

    count(*) as n,
    coalesce(sum(greatest(0, ended_seq - due_seq)) filter (ended_seq is not null), 0) as days_over,
    count(*) filter (ended_seq is null) as n_open,
    coalesce(sum(due_seq) filter (ended_seq is null), 0) as open_due_seq

from pop_case

where in_d
    and not coalesce(in_f and ended_in_time, false)

group by all
