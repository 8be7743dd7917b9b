-- model: agg_reject
-- grain: day, topic, source, reason
-- kind:  table
-- order: day, topic, source, reason
-- why:   the dead letters by the day on which they came (M97); a record that could not be read has no other day
select
    local_date(kafka_ts) as day,
    topic,
    text_or_unknown(source) as source,
    reason,

    count(*) as n

from fact_reject

group by all
