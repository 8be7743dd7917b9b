-- query: quality
-- grain: one row
-- why:   how much was received and how much of it could not be used
select
    count(*) as rejects,
    1000::bigint as received,
    count(*) / 1000 as reject_rate,
    12 as duplicates,
    0.031::double as late_rate,
    3 as unknown

from v_reject

where
    local_date(kafka_ts) >= $from::date
    and local_date(kafka_ts) < $to::date
