-- model: stg_list
-- grain: list, file, line
-- kind:  table
-- why:   a load of lists replaces the one before as a whole: the highest version holds
with

newest as (

    select max(list_version) as list_version

    from lake.lists

)

select
    lists.list,
    lists.file,
    lists.line,

    lists.fields::json as fields,
    nullif(lists.fields ->> '$.valid_from', '')::date as valid_from,
    nullif(lists.fields ->> '$.valid_to', '')::date as valid_to,
    coalesce(nullif(lists.fields ->> '$.rev', '')::bigint, 0) as rev

from lake.lists

inner join newest on lists.list_version = newest.list_version
