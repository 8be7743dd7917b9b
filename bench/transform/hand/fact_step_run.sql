-- One row per run of a step, straight from the lake.
-- sums: count(*) as n, sum(visit) as visit, sum(run_pos) as run_pos, sum(queue_us) as queue_us, sum(step_us) as step_us,
--   sum(sojourn_us) as sojourn_us, sum(queue_work_us) as queue_work_us, sum(step_work_us) as step_work_us,
--   sum(sojourn_work_us) as sojourn_work_us, sum(since_previous_us) as since_previous_us, sum(limit_work_us) as limit_work_us,
--   count(*) filter (implied_end) as implied_end, count(*) filter (is_return) as is_return, sum(hash(sector_code) % 1000) as sectors
with event as (
    select
        case_id, source, event_id, op, is_test, action, event_time, seq, step_code, visit, arrived_at, claimed_at, started_at, result,
        process_code, process_ver, region_code, org_code, section_code, post_code, actor_id, sector_code, window_code, approval_level,
        service_kind, finish_kind
    from lake.step
    qualify row_number() over (
        partition by source, event_id, case_id
        order by coalesce(rev, 0) desc, op is not distinct from 'delete' desc, _kafka_ts desc, _partition desc, _offset desc
    ) = 1
),
numbered as (
    select
        *,
        action in ('step_arrive', 'step_claim', 'step_start', 'step_end', 'return') as is_step,
        row_number() over in_order as pos,
        lag(event_time) over in_order as previous_at,
        max(case when action in ('step_arrive', 'step_claim', 'step_start', 'step_end', 'return') then event_time end)
            over (in_order rows between unbounded preceding and 1 preceding) as previous_step_at
    from event
    where op is distinct from 'delete' and is_test is distinct from true and event_time <= as_of()
    window in_order as (
        partition by case_id
        order by event_time, seq nulls last,
            case action
                when 'submit' then 1 when 'pre_accept' then 2 when 'correct_notice' then 3 when 'correct_done' then 4 when 'refuse' then 5
                when 'accept' then 6 when 'reopen' then 7 when 'step_arrive' then 10 when 'step_claim' then 11 when 'step_start' then 12
                when 'suspend_start' then 13 when 'suspend_end' then 14 when 'step_end' then 15 when 'return' then 16
                when 'finish' then 30 when 'certify' then 31 when 'deliver' then 32 when 'void' then 33 else 20
            end, event_id, source
    )
),
head as (
    select
        case_id,
        coalesce(
            min(pos) filter (action = 'accept'), max(pos) filter (action = 'correct_done'),
            case when bool_or(service_kind = 'instant') then min(pos) filter (action = 'submit') end
        ) as accepted_pos,
        coalesce(max(pos) filter (action = 'reopen'), 0) as reopen_pos,
        max(pos) filter (action = 'finish') as finish_pos,
        max(pos) filter (action = 'void') as void_pos,
        min(event_time) filter (action = 'refuse') as refused_at,
        min_by(process_ver, pos) as process_ver
    from numbered
    group by case_id
),
bounds as (
    select
        head.case_id,
        local_date(anchor.event_time) as anchor_date,
        case
            when head.void_pos > head.reopen_pos then voided.event_time
            when head.finish_pos > head.reopen_pos then finish.event_time
            when head.accepted_pos is null then head.refused_at
        end as ended_at,
        coalesce(head.void_pos > head.reopen_pos, false) as is_voided,
        coalesce(anchor.process_ver, head.process_ver, (
            select max(version.ver) from stg_list_process as version
            where version.process_code = anchor.process_code
              and local_date(anchor.event_time) >= version.valid_from and local_date(anchor.event_time) < version.valid_to
        )) as process_ver
    from head
    join numbered as anchor on anchor.case_id = head.case_id and anchor.pos = coalesce(head.accepted_pos, 1)
    left join numbered as finish on finish.case_id = head.case_id and finish.pos = head.finish_pos
    left join numbered as voided on voided.case_id = head.case_id and voided.pos = head.void_pos
),
step as (
    select
        *,
        case when count(visit) over (partition by case_id, step_code) = count(*) over (partition by case_id, step_code) then visit else 0 end as run_key,
        case action when 'step_arrive' then 1 when 'step_end' then -1 when 'return' then -1 else 0 end as opens
    from numbered
    where is_step
),
balanced as (
    select
        *,
        sum(opens) over in_step as balance,
        count(*) filter (action in ('step_end', 'return')) over (in_step rows between unbounded preceding and 1 preceding) as closed_before
    from step
    window in_step as (partition by case_id, step_code, run_key order by pos)
),
opened as (
    select
        *,
        balance + greatest(0, max(case when action in ('step_end', 'return') then 0 else 1 end - balance)
            over (partition by case_id, step_code, run_key order by pos)) as open_after
    from balanced
),
assigned as (
    select
        *,
        closed_before + 1 + case
            when action = 'step_arrive' then coalesce(lag(open_after) over (partition by case_id, step_code, run_key order by pos), 0)
            else 0
        end as run_no
    from opened
),
run as (
    select
        case_id, step_code,
        max(pos) as last_pos,
        min(event_time) as first_at, max(event_time) as last_at,
        coalesce(min(event_time) filter (action = 'step_arrive'), min(arrived_at)) as sent_arrived_at,
        coalesce(min(event_time) filter (action = 'step_claim'), min(claimed_at)) as claimed_at,
        coalesce(min(event_time) filter (action = 'step_start'), min(started_at)) as started_at,
        max(event_time) filter (action in ('step_end', 'return')) as sent_ended_at,
        coalesce(bool_or(action = 'return' or (action = 'step_end' and result = 'return')), false) as is_return,
        arg_min_null(previous_at, pos) as previous_at, arg_max_null(previous_step_at, pos) as previous_step_at,
        max_by(process_code, pos) as process_code, max_by(process_ver, pos) as process_ver, max_by(region_code, pos) as region_code,
        max_by(org_code, pos) as org_code, max_by(section_code, pos) as section_code, max_by(post_code, pos) as post_code,
        max_by(actor_id, pos) as actor_id, max_by(sector_code, pos) as sector_code, max_by(window_code, pos) as window_code,
        max_by(approval_level, pos) as approval_level, max_by(result, pos) as result
    from assigned
    group by case_id, step_code, run_key, run_no
),
placed as (
    select
        run.* exclude (process_ver, sector_code),
        coalesce(run.process_ver, bounds.process_ver) as process_ver,
        bounds.anchor_date, bounds.is_voided,
        row_number() over in_case as run_pos,
        row_number() over (partition by run.case_id, run.step_code order by run.last_pos) as visit,
        lag(run.step_code) over in_case as previous_step,
        lag(run.org_code) over in_case as previous_org,
        us_between(lag(run.last_at) over in_case, run.last_at) as follows_us,
        run.sent_ended_at is null and bounds.ended_at is not null as implied_end,
        coalesce(run.sent_ended_at, bounds.ended_at) as ended_at,
        coalesce(run.sent_arrived_at, run.previous_at) as arrived_at,
        run.sent_arrived_at is null as implied_arrive,
        coalesce(run.started_at, run.claimed_at) as begin_at,
        coalesce(run.sector_code, section_sector.sector_code, org_sector.sector_code, '~') as sector_code,
        coalesce(calendar.calendar_id, 'CN') as calendar_id
    from run
    join bounds on bounds.case_id = run.case_id
    left join int_org_sector as section_sector
        on section_sector.org_code = run.section_code and local_date(run.last_at) >= section_sector.valid_from and local_date(run.last_at) < section_sector.valid_to
    left join int_org_sector as org_sector
        on org_sector.org_code = run.org_code and local_date(run.last_at) >= org_sector.valid_from and local_date(run.last_at) < org_sector.valid_to
    left join int_org_calendar as calendar
        on calendar.org_code = run.org_code and local_date(run.last_at) >= calendar.valid_from and local_date(run.last_at) < calendar.valid_to
    window in_case as (partition by run.case_id order by run.last_pos)
),
timed as (
    select
        placed.*,
        work_at(ended_day, us_of_day(local_time(placed.ended_at))) as ended_work_us,
        work_at(begin_day, us_of_day(local_time(placed.begin_at))) as begin_work_us,
        work_at(arrived_day, us_of_day(local_time(placed.arrived_at))) as arrived_work_us,
        (declared.limit_n * 1000)::bigint * (run_day.season_day_us // 1000) as limit_work_us
    from placed
    left join int_day as ended_day on ended_day.calendar_id = placed.calendar_id and ended_day.date = local_date(placed.ended_at)
    left join int_day as begin_day on begin_day.calendar_id = placed.calendar_id and begin_day.date = local_date(placed.begin_at)
    left join int_day as arrived_day on arrived_day.calendar_id = placed.calendar_id and arrived_day.date = local_date(placed.arrived_at)
    left join int_day as run_day on run_day.calendar_id = placed.calendar_id and run_day.date = local_date(placed.first_at)
    left join int_step_version as declared
        on declared.process_code = placed.process_code and declared.ver = placed.process_ver and declared.step_code = placed.step_code
        and placed.anchor_date >= declared.holds_from and placed.anchor_date < declared.holds_to
)
select
    case_id, coalesce(step_code, '~') as step_code, visit, run_pos, process_code, process_ver, region_code, sector_code, org_code,
    coalesce(section_code, '~') as section_code, coalesce(post_code, '~') as post_code, coalesce(actor_id, '~') as actor_id,
    coalesce(window_code, '~') as window_code, approval_level, case when is_return then 'return' else result end as result, calendar_id,
    arrived_at, claimed_at, started_at, ended_at, first_at, last_at,
    local_date(arrived_at) as arrived_date, local_date(ended_at) as ended_date,
    us_between(coalesce(previous_step_at, case when sent_ended_at is not null or begin_at is not null then sent_arrived_at end), last_at) as since_previous_us,
    us_between(arrived_at, begin_at) as queue_us, begin_work_us - arrived_work_us as queue_work_us,
    us_between(begin_at, ended_at) as step_us, ended_work_us - begin_work_us as step_work_us,
    us_between(arrived_at, ended_at) as sojourn_us, ended_work_us - arrived_work_us as sojourn_work_us,
    limit_work_us, previous_step, follows_us,
    previous_org is distinct from org_code and previous_org is not null as is_handover,
    implied_arrive, begin_at is null and ended_at is not null as implied_start, implied_end, is_return, is_voided
from timed
