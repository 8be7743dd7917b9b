-- model: fact_reject
-- grain: cluster, topic, partition, offset
-- kind:  parts
-- order: kafka_ts, cluster, topic, partition, "offset"
-- why:   what was refused and why, for v_reject
select * from stg_reject
