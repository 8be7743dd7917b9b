-- query: rejects
-- grain: reason
-- why:   what was not used, and why. A reject may have no readable region or time of its own, so all of them count, by
--        the day on which the broker received them
with

reasons as (

    select
        reason,
        count(*) as rejects

    from v_reject

    where
        local_date(kafka_ts) >= $from::date
        and local_date(kafka_ts) < $to::date

    group by all

)

select
    reason,
    rejects,
    rejects / sum(rejects) over () as reject_share

from reasons

order by rejects desc, reason
