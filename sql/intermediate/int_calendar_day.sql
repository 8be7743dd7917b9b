-- model: int_calendar_day
-- grain: calendar_id, date
-- kind:  table
-- why:   what kind of day each day is and which hours are worked: the official notices, over them the list's calendar CN,
--        over that the unit's own calendar; a day that nobody names follows Monday to Friday
with

calendars as (

    select 'CN' as calendar_id

    union

    select calendar_id from stg_list_calendar

),

days as (

    -- a fixed range: from the earliest event time that ingest accepts to beyond any limit
    select unnest(generate_series(timestamp '1990-01-01', timestamp '2050-12-31', interval 1 day))::date as date

),

notices as (

    select
        date::date as date,

        kind,
        name

    from seed_holiday_cn

),

single_days as (

    select *

    from stg_list_calendar

    where date is not null

    qualify row_number() over (partition by calendar_id, date order by valid_from desc) = 1

),

noticed_years as (

    select distinct year(date) as year

    from notices

    union

    select distinct year(date) as year

    from single_days

    where calendar_id = 'CN'

),

seasons as (

    select
        calendars.calendar_id,
        days.date,

        max_by(season.intervals, (season.calendar_id <> 'CN', season.valid_from, season.rev)) as intervals

    from calendars

    cross join days

    inner join stg_list_calendar as season
        on season.date is null
        and season.intervals is not null
        and season.calendar_id in (calendars.calendar_id, 'CN')
        and season.valid_from <= days.date
        and season.valid_to > days.date

    group by all

),

kinds as (

    select
        calendars.calendar_id,
        days.date,

        coalesce(
            own.day_kind,
            official.day_kind,
            notices.kind,
            case when isodow(days.date) >= 6 then 'rest' else 'work' end
        ) as day_kind,
        coalesce(own.name, official.name, notices.name) as name,
        coalesce(own.intervals, official.intervals, seasons.intervals, '08:30-12:00 14:00-17:30') as intervals,
        coalesce(seasons.intervals, '08:30-12:00 14:00-17:30') as season_intervals,
        noticed_years.year is null as provisional

    from calendars

    cross join days

    left join notices
        on days.date = notices.date

    left join single_days as official
        on official.calendar_id = 'CN'
        and days.date = official.date

    left join single_days as own
        on calendars.calendar_id = own.calendar_id
        and days.date = own.date

    left join seasons
        on calendars.calendar_id = seasons.calendar_id
        and days.date = seasons.date

    left join noticed_years
        on year(days.date) = noticed_years.year

)

select * from kinds
