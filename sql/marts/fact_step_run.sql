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
        coalesce(unit_calendar.calendar_id, region_setting.calendar_id, 'CN') as calendar_id

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
        ended_day.is_work as ended_on_workday,
        run_day.season_day_us,
        declared.limit_n,
        declared.limit_unit,
        declared.may_suspend,
        limit_us(declared.limit_n, declared.limit_unit) as limit_us,
        -- where a limit that runs on at night ends; what of it is working time is what the step may take
        case declared.limit_unit
            when 'nd' then at_us(local.arrived_lt::date + ceil_days(limit_us(declared.limit_n, 'nd'))::integer, 86400000000)
            when 'h' then local.arrived_lt + to_microseconds(limit_us(declared.limit_n, 'h'))
            when 'min' then local.arrived_lt + to_microseconds(limit_us(declared.limit_n, 'min'))
        end as limit_lt

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

    left join int_day as run_day
        on local.calendar_id = run_day.calendar_id
        and local.run_date = run_day.date

    left join int_step_version as declared
        on local.process_code = declared.process_code
        and coalesce(local.process_ver, local.case_process_ver) = declared.ver
        and local.step_code = declared.step_code
        and local.case_anchor_date >= declared.holds_from
        and local.case_anchor_date < declared.holds_to

),

limited as (

    select
        timed.*,

        case
            when timed.limit_unit = 'wd' then timed.limit_us // 86400 * (timed.season_day_us // 1000000)
            when timed.limit_unit in ('wh', 'wmin') then timed.limit_us
            when timed.limit_unit = 'nd' then work_at(rolled_day, 86400000000) - timed.arrived_work_us
            else work_at(limit_day, us_of_day(timed.limit_lt)) - timed.arrived_work_us
        end as limit_work_us

    from timed

    left join int_day as limit_day
        on timed.calendar_id = limit_day.calendar_id
        and timed.limit_lt::date = limit_day.date

    -- a limit in natural days ends with a day, on a working day
    left join int_day as natural_day
        on timed.calendar_id = natural_day.calendar_id
        and (timed.limit_lt - interval 1 microsecond)::date = natural_day.date

    left join int_day as rolled_day
        on timed.calendar_id = rolled_day.calendar_id
        and natural_day.next_work_date = rolled_day.date

),

-- what special procedures took of a run: those of the step, and those of the whole case. Each is cut to the run and at its
-- own limit, and read on the clock of the step's unit
pauses as (

    select
        timed.case_id,
        timed.step_code,
        timed.run_key,
        timed.run_no,
        timed.calendar_id,

        suspension.pos,
        greatest(suspension.from_lt, timed.arrived_lt) as from_lt,
        least(suspension.credit_lt, timed.ended_lt) as to_lt

    from timed

    inner join int_suspension as suspension
        on timed.case_id = suspension.case_id
        and (suspension.step_code is null or timed.step_code = suspension.step_code)
        and coalesce(timed.may_suspend, true)
        and suspension.credit_lt > timed.arrived_lt
        and (timed.ended_lt is null or suspension.from_lt < timed.ended_lt)

),

pauses_read as (

    select
        pauses.*,

        work_at(from_day, us_of_day(pauses.from_lt)) as from_work_us,
        work_at(to_day, us_of_day(pauses.to_lt)) as to_work_us

    from pauses

    left join int_day as from_day
        on pauses.calendar_id = from_day.calendar_id
        and pauses.from_lt::date = from_day.date

    left join int_day as to_day
        on pauses.calendar_id = to_day.calendar_id
        and pauses.to_lt::date = to_day.date

),

pauses_merged as (

    select
        *,

        greatest(0, to_work_us - greatest(from_work_us, coalesce(max(to_work_us) over before, from_work_us))) as paused_work_us

    from pauses_read

    window
        before as (
            partition by case_id, step_code, run_key, run_no
            order by pos
            rows between unbounded preceding and 1 preceding
        )

),

paused as (

    select
        case_id,
        step_code,
        run_key,
        run_no,

        sum(paused_work_us)::bigint as paused_work_us

    from pauses_merged

    group by all

),

measured as (

    select
        limited.case_id,
        text_or_unknown(limited.step_code) as step_code,
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
        limit_work_us,
        coalesce(paused.paused_work_us, 0) as credit_work_us,

        previous_step,
        follows_us,
        previous_org is distinct from org_code and previous_org is not null as is_handover,

        claimed_work_basis,
        implied_arrive,
        begin_at is null and ended_at is not null as implied_start,
        implied_end,
        is_return,
        is_voided

    from limited

    left join paused
        on limited.case_id = paused.case_id
        and limited.step_code = paused.step_code
        and limited.run_key = paused.run_key
        and limited.run_no = paused.run_no

)

select * from measured
