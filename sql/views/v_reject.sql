-- model: v_reject
-- grain: cluster, topic, partition, offset
-- kind:  view
-- why:   the records that broke their contract, and how
select
    cluster,
    topic,
    partition,
    "offset",
    kafka_ts,
    ingest_ts,
    schema,
    source,
    event_id,
    entity_id,
    reason,
    field

from fact_reject
