-- model: stg_work_code
-- grain: day, code_hash
-- kind:  table
-- entity: record_id
-- why:   the combinations of codes that the deliveries of a day carry, each once: whether the lists know a code is asked of the
--        few combinations and not of every event
select
    local_date(event_time) as day,
    hash(region_code, org_code, section_code, post_code, sector_code, task_code) as code_hash,

    region_code,
    org_code,
    section_code,
    post_code,
    sector_code,
    null::varchar as process_code,
    null::integer as process_ver,
    null::varchar as step_code,
    null::varchar as item_code,
    task_code

from lake.work as delivery

anti join stg_void
    on delivery._cluster = stg_void.cluster

where is_test is distinct from true
    and event_time <= as_of()

group by all
