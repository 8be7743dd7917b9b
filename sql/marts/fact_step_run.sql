-- model: fact_step_run
-- grain: case_id, step_code, visit
-- kind:  parts
-- entity: case_id
-- order: case_id, run_pos
-- why:   every figure on steps starts here; a case that is returned visits a step again and counts again
with

ordered as (

    select
        case_id,
        step_code,
        run_key,
        run_no,

        row_number() over in_case as run_pos,
        row_number() over in_step as nth_visit,
        lag(step_code) over in_case as previous_step,
        lag(org_code) over in_case as previous_org,
        us_between(lag(last_at) over in_case, last_at) as follows_us

    from int_run

    window
        in_case as (partition by case_id order by last_pos),
        in_step as (partition by case_id, step_code order by last_pos)

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
        ordered.previous_org,
        ordered.follows_us

    from int_run as run

    inner join ordered
        on run.case_id = ordered.case_id
        and run.step_code = ordered.step_code
        and run.run_key = ordered.run_key
        and run.run_no = ordered.run_no

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
        coalesce(placed.sector_code, section_sector.sector_code, org_sector.sector_code, '~') as known_sector,
        coalesce(unit_calendar.calendar_id, region_calendar.calendar_id, 'CN') as calendar_id

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

    left join int_region_calendar as region_calendar
        on placed.region_code = region_calendar.region_code
        and placed.last_date >= region_calendar.valid_from
        and placed.last_date < region_calendar.valid_to

),

timed as (

    select
        local.*,

        work_at(ended_day, us_of_day(local.ended_lt)) as ended_work_us,
        work_at(begin_day, us_of_day(local.begin_lt)) as begin_work_us,
        work_at(arrived_day, us_of_day(local.arrived_lt)) as arrived_work_us,
        ended_day.is_work as ended_on_workday,
        case
            when declared.limit_unit = 'wd' then limit_us(declared.limit_n, 'wd') // 86400 * (schedule.day_us // 1000000)
            else limit_us(declared.limit_n, declared.limit_unit)
        end as limit_us,
        declared.limit_n,
        declared.limit_unit

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

    -- the length of a working day: that of the first one from the run's first event on
    left join int_day as first_day
        on local.calendar_id = first_day.calendar_id
        and local.run_date = first_day.date

    left join int_day as schedule
        on local.calendar_id = schedule.calendar_id
        and first_day.next_work_date = schedule.date

    left join int_step_version as declared
        on local.process_code = declared.process_code
        and coalesce(local.process_ver, local.case_process_ver) = declared.ver
        and local.step_code = declared.step_code
        and local.case_anchor_date >= declared.holds_from
        and local.case_anchor_date < declared.holds_to

),

measured as (

    select
        case_id,
        text_or_unknown(step_code) as step_code,
        nth_visit::integer as visit,
        run_pos::integer as run_pos,

        process_code,
        coalesce(process_ver, case_process_ver) as process_ver,
        region_code,
        known_sector as sector_code,
        org_code,
        text_or_unknown(section_code) as section_code,
        text_or_unknown(post_code) as post_code,
        text_or_unknown(actor_id) as actor_id,
        text_or_unknown(window_code) as window_code,
        approval_level,
        case when is_return then 'return' else result end as result,
        calendar_id,

        arrived_at,
        claimed_at,
        started_at,
        ended_at,
        first_at,
        last_at,
        run_date,
        arrived_lt::date as arrived_date,
        ended_lt::date as ended_date,

        -- a lone step_end that tells its arrival tells what came before it as well, an arrival alone tells nothing
        us_between(
            coalesce(previous_step_at, case when sent_ended_at is not null or begin_at is not null then sent_arrived_at end),
            last_at
        ) as since_previous_us,
        us_between(arrived_at, begin_at) as queue_us,
        begin_work_us - arrived_work_us as queue_work_us,
        case when begin_at is not null then us_between(begin_at, ended_at) end as step_us,
        ended_work_us - begin_work_us as step_work_us,
        us_between(arrived_at, ended_at) as sojourn_us,
        ended_work_us - arrived_work_us as sojourn_work_us,
        limit_us as limit_work_us,

        previous_step,
        follows_us,
        previous_org is distinct from org_code and previous_org is not null as is_handover,

        claimed_work_basis,
        implied_arrive,
        begin_at is null and ended_at is not null as implied_start,
        implied_end,
        is_return,
        is_voided

    from timed

)

select * from measured
