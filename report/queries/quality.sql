-- query: quality
-- grain: one row
-- why:   how much was received and how much of it could not be used
select
    (select count(*) from v_reject where local_date(kafka_ts) >= $from::date and local_date(kafka_ts) < $to::date) as rejects,
    received,
    (select count(*) from v_reject where local_date(kafka_ts) >= $from::date and local_date(kafka_ts) < $to::date)
        / nullif(received, 0) as reject_rate,
    duplicates,
    late / nullif(received, 0) as late_rate,
    unknown

from quality
