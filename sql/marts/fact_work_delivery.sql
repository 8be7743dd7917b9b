-- model: fact_work_delivery
-- grain: record_id, day, source, region_code, sector_code, org_code
-- kind:  parts
-- entity: record_id
-- order: record_id, day, source, region_code, sector_code, org_code
-- why:   the quality of what was delivered for each duty record, by the day of the event: counts of deliveries, not of what was made of
--        them, so that a repetition and a retraction are still seen
select
    delivery.record_id,
    delivery.day,
    delivery.source,
    text_or_unknown(delivery.region_code) as region_code,
    code.sector_code,
    text_or_unknown(delivery.org_code) as org_code,

    sum(delivery.received)::bigint as received,
    sum(delivery.timely)::bigint as timely,
    sum(delivery.duplicates)::bigint as duplicates,
    sum(delivery.conflicts)::bigint as conflicts,
    sum(delivery.wanted)::bigint as wanted,
    sum(delivery.filled)::bigint as filled,
    sum(delivery.coded * code.codes)::bigint as codes,
    sum(delivery.coded * code.unknown_codes)::bigint as unknown_codes,
    sum(delivery.coded * code.sectors)::bigint as sectors,
    sum(delivery.coded * code.sector_mismatches)::bigint as sector_mismatches

from stg_work_delivery as delivery

inner join int_list_day as list_day
    on delivery.day = list_day.day

inner join int_work_code as code
    on list_day.period = code.period
    and delivery.code_hash = code.code_hash

group by all
