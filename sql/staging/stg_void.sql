-- model: stg_void
-- grain: cluster
-- kind:  table
-- why:   a voided load is ignored as if it had never been made, until it is unvoided; one that is not finished counts
--        nowhere yet, so that a file that turns out to be broken half way changes no figure
select 'load:' || load_id as cluster

from stg_load

where state <> 'finished'
