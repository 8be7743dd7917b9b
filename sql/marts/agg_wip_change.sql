-- model: agg_wip_change
-- grain: day, region_code, sector_code, org_code, section_code, process_code, item_code, age_from
-- kind:  sums
-- order: day, region_code, sector_code, org_code, section_code, process_code, item_code, age_from
-- why:   open work by what changes in it: a case enters an age band, leaves it for the next or because it ended, and becomes
--        overdue. The open work of a day is the sum of all changes up to it, so nothing is stored by day and open case. Days
--        to come are here too, and cut at the as-of day by snap_wip_day
with

bands as (

    -- days since acceptance
    select *

    from (values (0, 7), (8, 15), (16, 30), (31, 60), (61, 90), (91, null)) as bands(age_from, age_to)

),

opened as (

    -- what is accepted and ended on one day is open at the end of none
    select
        region_code,
        sector_code,
        owner_org as org_code,
        owner_section as section_code,
        process_code,
        item_code,

        accepted_date,
        ended_date,
        -- overdue at the end of the due day; a procedure within its limit that is still open holds that up
        case
            when due_at is null then null
            when ended_at is null then greatest(due_date, local_date(suspended_until))
            else due_date
        end as overdue_from

    from pop_case

    where in_a
        and (ended_date is null or ended_date > accepted_date)

),

stays as (

    select
        opened.*,

        bands.age_from,
        opened.accepted_date + bands.age_from as enter_day,
        least(opened.ended_date, opened.accepted_date + bands.age_to + 1) as leave_day

    from opened

    cross join bands

    where opened.ended_date is null
        or opened.accepted_date + bands.age_from < opened.ended_date

),

changes as (

    select
        * exclude (accepted_date, ended_date, overdue_from, enter_day, leave_day),
        enter_day as day,
        1 as cases,
        0 as overdue

    from stays

    union all

    select
        * exclude (accepted_date, ended_date, overdue_from, enter_day, leave_day),
        leave_day as day,
        -1 as cases,
        case when overdue_from < leave_day then -1 else 0 end as overdue

    from stays

    where leave_day is not null

    union all

    select
        * exclude (accepted_date, ended_date, overdue_from, enter_day, leave_day),
        greatest(enter_day, overdue_from) as day,
        0 as cases,
        1 as overdue

    from stays

    where overdue_from is not null
        and (leave_day is null or overdue_from < leave_day)

)

select
    day,
    region_code,
    sector_code,
    org_code,
    section_code,
    process_code,
    item_code,
    age_from,

    sum(cases)::bigint as cases,
    sum(overdue)::bigint as overdue

from changes

group by all
