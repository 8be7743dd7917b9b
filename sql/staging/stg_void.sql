-- model: stg_void
-- grain: cluster
-- kind:  table
-- touches: cluster
-- why:   a voided load is ignored as if it had never been made, until it is unvoided; one that is under way or was broken
--        off is ignored until it is finished, for half a file is no figure
select 'load:' || load_id as cluster

from stg_load

where state in ('voided', 'started')
