-- model: dim_load
-- grain: load_id
-- kind:  table
-- order: load_id
-- why:   the loads of files with their state; the log of what was done to them stays in the lake
select * from stg_load
