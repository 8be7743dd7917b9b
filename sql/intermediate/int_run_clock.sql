-- model: int_run_clock
-- grain: case_id, run_pos
-- kind:  table
-- entity: case_id
-- why:   the runs in the order in which they ended, each with its instants read on the clocks of its own unit, the run before
--        it, and the limit that the version of its process declares. Both ends of a difference use one calendar, so the end
--        of the run before is read on the calendar of the one that takes over
with

ordered as (

    select
        case_id,
        last_pos,

        org_code,
        row_number() over in_case as run_pos,
        row_number() over in_step as nth_visit,
        lag(step_code) over in_case as previous_step,
        lag(step_code, 2) over in_case as second_step,
        lead(step_code) over in_case as next_step,
        lag(org_code) over in_case as previous_org,
        lag(section_code) over in_case as previous_section,
        lag(last_at) over in_case as previous_last_at,
        lag(sent_ended_at) over in_case as previous_ended_at

    from int_run

    window
        in_case as (partition by case_id order by last_pos),
        in_step as (partition by case_id, step_code order by last_pos)

),

-- a case that goes from one department to a second and straight back: runs of one department in a row count as one stay
handed as (

    select
        case_id,
        run_pos,

        coalesce(lag(previous_org) over (partition by case_id order by run_pos) = org_code, false) as is_ping_pong

    from ordered

    where previous_org <> org_code

),

placed as (

    select
        run.*,

        run.sent_ended_at is null and head.ended_at is not null as implied_end,
        coalesce(run.sent_ended_at, head.ended_at) as ended_at,
        coalesce(run.sent_arrived_at, run.previous_at) as arrived_at,
        run.sent_arrived_at is null as implied_arrive,
        coalesce(run.started_at, run.claimed_at) as begin_at,
        case
            when run.started_at is not null then 'start'
            when run.claimed_at is not null then 'claim'
            when coalesce(run.sent_ended_at, head.ended_at) is not null
                and coalesce(run.sent_arrived_at, run.previous_at) is not null then 'arrive'
            else '-'
        end as claimed_work_basis,
        head.finish_kind is not distinct from 'voided' as is_voided,
        head.process_ver as case_process_ver,
        head.anchor_date as case_anchor_date,
        local_date(run.last_at) as last_date,

        ordered.run_pos,
        ordered.nth_visit,
        ordered.previous_step,
        coalesce(ordered.second_step = run.step_code and ordered.previous_step <> run.step_code, false) as is_step_ping_pong,
        ordered.next_step,
        ordered.previous_org,
        ordered.previous_section,
        ordered.previous_last_at,
        ordered.previous_ended_at,
        coalesce(handed.is_ping_pong, false) as is_ping_pong

    from int_run as run

    inner join ordered
        on run.case_id = ordered.case_id
        and run.last_pos = ordered.last_pos

    left join handed
        on ordered.case_id = handed.case_id
        and ordered.run_pos = handed.run_pos

    inner join int_case as head
        on run.case_id = head.case_id

),

local as (

    select
        placed.*,

        local_time(placed.arrived_at) as arrived_lt,
        local_time(placed.begin_at) as begin_lt,
        local_time(placed.ended_at) as ended_lt,
        local_date(placed.first_at) as run_date,
        local_time(placed.previous_last_at) as previous_lt,
        -- only where the run is not ended by its last event
        local_time(case when placed.last_at is distinct from placed.ended_at then placed.last_at end) as last_lt,
        coalesce(placed.sector_code, section_sector.sector_code, org_sector.sector_code, '~') as known_sector,
        coalesce(unit_calendar.calendar_id, region_setting.calendar_id, 'CN') as calendar_id,
        coalesce(region_setting.limit_clock, 'date') as limit_clock

    from placed

    left join int_org_sector as section_sector
        on placed.section_code = section_sector.org_code
        and placed.last_date >= section_sector.valid_from
        and placed.last_date < section_sector.valid_to

    left join int_org_sector as org_sector
        on placed.org_code = org_sector.org_code
        and placed.last_date >= org_sector.valid_from
        and placed.last_date < org_sector.valid_to

    left join int_org_calendar as unit_calendar
        on placed.org_code = unit_calendar.org_code
        and placed.last_date >= unit_calendar.valid_from
        and placed.last_date < unit_calendar.valid_to

    left join int_region_setting as region_setting
        on placed.region_code = region_setting.region_code
        and placed.last_date >= region_setting.valid_from
        and placed.last_date < region_setting.valid_to

),

timed as (

    select
        local.*,

        work_at(ended_day, us_of_day(local.ended_lt)) as ended_work_us,
        work_at(begin_day, us_of_day(local.begin_lt)) as begin_work_us,
        work_at(arrived_day, us_of_day(local.arrived_lt)) as arrived_work_us,
        work_at(previous_day, us_of_day(local.previous_lt)) as previous_work_us,
        work_at(last_day, us_of_day(local.last_lt)) as last_work_us,
        arrived_day.work_seq as arrived_seq,
        work24_at(arrived_day, us_of_day(local.arrived_lt)) as arrived_work24_us,
        not is_office_hour(ended_day, us_of_day(local.ended_lt)) as ended_off_hours,
        run_day.season_day_us,
        declared.limit_n,
        declared.limit_unit,
        declared.may_suspend,
        declared.parallel_group,
        limit_us(declared.limit_n, declared.limit_unit) as limit_us

    from local

    left join int_day as ended_day
        on local.calendar_id = ended_day.calendar_id
        and local.ended_lt::date = ended_day.date

    left join int_day as begin_day
        on local.calendar_id = begin_day.calendar_id
        and local.begin_lt::date = begin_day.date

    left join int_day as arrived_day
        on local.calendar_id = arrived_day.calendar_id
        and local.arrived_lt::date = arrived_day.date

    left join int_day as previous_day
        on local.calendar_id = previous_day.calendar_id
        and local.previous_lt::date = previous_day.date

    left join int_day as last_day
        on local.calendar_id = last_day.calendar_id
        and local.last_lt::date = last_day.date

    left join int_day as run_day
        on local.calendar_id = run_day.calendar_id
        and local.run_date = run_day.date

    left join int_step_version as declared
        on local.process_code = declared.process_code
        and coalesce(local.process_ver, local.case_process_ver) = declared.ver
        and local.step_code = declared.step_code
        and local.case_anchor_date >= declared.holds_from
        and local.case_anchor_date < declared.holds_to

)

select * from timed
