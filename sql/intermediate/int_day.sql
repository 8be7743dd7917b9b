-- model: int_day
-- grain: calendar_id, date
-- kind:  table
-- order: calendar_id, date
-- why:   every clock is a join on this table: work_seq counts working days including the day, work_us_cum the working
--        microseconds before it, and s1..e4 are the office hours of the day as microseconds of the day (empty at rest)
with

days as (

    select
        calendar_id,
        date,

        day_kind,
        day_kind in ('work', 'makeup_work') as is_work,
        name,
        provisional,
        string_split(intervals, ' ') as parts,
        -- what a limit calls a working day: that of the season, however short this one is
        hours_us(season_intervals) as season_day_us

    from int_calendar_day

),

hours as (

    select
        * exclude (parts),

        case when is_work and len(parts) >= 1 then clock_us(split_part(parts[1], '-', 1)) else 0 end as s1,
        case when is_work and len(parts) >= 1 then clock_us(split_part(parts[1], '-', 2)) else 0 end as e1,
        case when is_work and len(parts) >= 2 then clock_us(split_part(parts[2], '-', 1)) else 0 end as s2,
        case when is_work and len(parts) >= 2 then clock_us(split_part(parts[2], '-', 2)) else 0 end as e2,
        case when is_work and len(parts) >= 3 then clock_us(split_part(parts[3], '-', 1)) else 0 end as s3,
        case when is_work and len(parts) >= 3 then clock_us(split_part(parts[3], '-', 2)) else 0 end as e3,
        case when is_work and len(parts) >= 4 then clock_us(split_part(parts[4], '-', 1)) else 0 end as s4,
        case when is_work and len(parts) >= 4 then clock_us(split_part(parts[4], '-', 2)) else 0 end as e4

    from days

),

lengths as (

    select
        *,

        (e1 - s1) + (e2 - s2) + (e3 - s3) + (e4 - s4) as day_us

    from hours

),

cumulated as (

    select
        calendar_id,
        date,

        year(date) as year,
        quarter(date) as quarter,
        date_trunc('month', date)::date as month,
        isoyear(date) * 100 + week(date) as iso_week,
        day_kind,
        coalesce(name, '') as name,
        provisional,

        is_work,
        (sum(is_work::bigint) over running)::bigint as work_seq,
        ((sum(day_us) over running)::bigint - day_us) as work_us_cum,
        ((sum(day_us) over running)::bigint - day_us) // 1000000 as work_sec_cum,
        day_us,
        day_us // 1000000 as day_sec,
        season_day_us,
        min(case when is_work then date end) over (
            partition by calendar_id
            order by date
            rows between current row and unbounded following
        ) as next_work_date,

        s1,
        e1,
        s2,
        e2,
        s3,
        e3,
        s4,
        e4

    from lengths

    window running as (partition by calendar_id order by date rows between unbounded preceding and current row)

)

select * from cumulated
