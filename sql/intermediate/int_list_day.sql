-- model: int_list_day
-- grain: day
-- kind:  table
-- why:   the days between two changes of any list know the same codes: a code is looked up once for each such period, and not for
--        each day
with

edges as (

    select valid_from as edge

    from int_known_code

    union

    select valid_to as edge

    from int_known_code

    union

    select valid_from as edge

    from int_org_sector

    union

    select valid_to as edge

    from int_org_sector

),

days as (

    -- as far as the calendars go
    select unnest(generate_series(timestamp '1990-01-01', timestamp '2050-12-31', interval 1 day))::date as day

)

select
    days.day,

    max(edges.edge) as period

from days

inner join edges
    on days.day >= edges.edge

group by all

union all

-- without any list
select
    day,

    date '0001-01-01' as period

from days

where not exists (
    select 1

    from edges
)
