-- model: snap_wip_day
-- grain: day, region_code, sector_code, org_code, section_code, process_code, item_code
-- kind:  view
-- why:   the open work at the end of each day by age since acceptance, and what of it is overdue. It adds up the changes of
--        all days before, so ask for one day or a few: where day = ... The last day is the last full one before the as-of
--        time: how a day ends is not known before. Past days are judged by what is known of the case now: an extension or a
--        reopening that came later holds for them too
select
    day.date as day,
    change.region_code,
    change.sector_code,
    change.org_code,
    change.section_code,
    change.process_code,
    change.item_code,

    sum(change.cases)::bigint as open,
    coalesce(sum(change.cases) filter (change.age_from = 0), 0)::bigint as open_to_7d,
    coalesce(sum(change.cases) filter (change.age_from = 8), 0)::bigint as open_to_15d,
    coalesce(sum(change.cases) filter (change.age_from = 16), 0)::bigint as open_to_30d,
    coalesce(sum(change.cases) filter (change.age_from = 31), 0)::bigint as open_to_60d,
    coalesce(sum(change.cases) filter (change.age_from = 61), 0)::bigint as open_to_90d,
    coalesce(sum(change.cases) filter (change.age_from = 91), 0)::bigint as open_over_90d,
    sum(change.overdue)::bigint as overdue

from agg_wip_change as change

inner join dim_date as day
    on change.day <= day.date

where day.calendar_id = 'CN'
    and day.date < local_date(as_of())

group by
    day.date,
    change.region_code,
    change.sector_code,
    change.org_code,
    change.section_code,
    change.process_code,
    change.item_code

having sum(change.cases) <> 0
