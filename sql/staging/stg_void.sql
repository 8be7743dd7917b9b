-- model: stg_void
-- grain: cluster
-- kind:  table
-- why:   a voided load is ignored as if it had never been made, until it is unvoided
select 'load:' || load_id as cluster

from stg_load

where state = 'voided'
