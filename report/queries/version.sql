-- query: version
-- grain: one row
-- why:   a figure means little without the data that it was computed from
select
    version,
    as_of,
    snapshots

from version
