-- model: stg_reject
-- grain: cluster, topic, partition, offset
-- kind:  view
-- why:   what was refused and why, without the raw bytes: they may hold what was refused for being personal. The rejects of
--        a load that is voided or not finished count as little as its rows
select
    _cluster as cluster,
    _topic as topic,
    _partition as partition,
    _offset as "offset",
    _kafka_ts as kafka_ts,
    _ingest_ts as ingest_ts,

    schema,
    source,
    event_id,
    entity_id,
    reason,
    field

from lake.rejects

where _cluster not in (select cluster from stg_void)

-- after a reset of the ledger an offset may have been read, and refused, again
qualify row_number() over (
    partition by _cluster, _topic, _partition, _offset
    order by _ingest_ts, reason, field nulls first
) = 1
