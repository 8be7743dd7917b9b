-- model: v_load
-- grain: load_id
-- kind:  view
-- why:   the files that were loaded, and whether they count
select
    load_id,
    file,
    state,
    topic,
    mapping,
    contract,
    bytes,
    records,
    rejects,
    started_at,
    finished_at,
    reason

from dim_load
