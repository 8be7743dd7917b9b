-- One row per special procedure, straight from the lake; limits are in working days, on the date clock.
-- sums: count(*) as n, sum(actual_us) as actual_us, sum(actual_work_us) as actual_work_us,
--   sum(credited_work_us) as credited_work_us, count(*) filter (over_limit) as over_limit, count(*) filter (not_closed) as not_closed
with event as (
    select
        case_id, source, event_id, op, is_test, action, event_time, seq, service_kind, finish_kind,
        suspend_id, suspend_kind, suspend_limit, agent_org, step_code, org_code, lead_org
    from lake.step
    where action in ('submit', 'accept', 'correct_done', 'refuse', 'reopen', 'finish', 'void', 'suspend_start', 'suspend_end')
    qualify row_number() over (
        partition by source, event_id, case_id
        order by coalesce(rev, 0) desc, op is not distinct from 'delete' desc, _kafka_ts desc, _partition desc, _offset desc
    ) = 1
),
numbered as (
    select
        *,
        row_number() over (
            partition by case_id
            order by event_time, seq nulls last,
                case action
                    when 'submit' then 1 when 'correct_done' then 4 when 'refuse' then 5 when 'accept' then 6 when 'reopen' then 7
                    when 'suspend_start' then 13 when 'suspend_end' then 14 when 'finish' then 30 else 33
                end, event_id, source
        ) as pos
    from event
    where op is distinct from 'delete' and is_test is distinct from true and event_time <= as_of()
      -- only cases that had a procedure matter
      and case_id in (select case_id from event where action = 'suspend_start')
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
        min_by(lead_org, pos) as lead_org
    from numbered
    group by case_id
),
-- a case without acceptance is anchored at its first event, which may be of a kind left out above
first_event as (
    select case_id, arg_min(coalesce(lead_org, org_code), event_time) as org_code, min(event_time) as at
    from lake.step
    where case_id in (select case_id from head where accepted_pos is null)
    group by case_id
),
bounds as (
    select
        head.case_id,
        accepted.event_time as accepted_at,
        case
            when head.void_pos > head.reopen_pos then voided.event_time
            when head.finish_pos > head.reopen_pos then finish.event_time
            when head.accepted_pos is null then head.refused_at
        end as ended_at,
        coalesce(calendar.calendar_id, 'CN') as calendar_id
    from head
    left join numbered as accepted on accepted.case_id = head.case_id and accepted.pos = head.accepted_pos
    left join numbered as finish on finish.case_id = head.case_id and finish.pos = head.finish_pos
    left join numbered as voided on voided.case_id = head.case_id and voided.pos = head.void_pos
    left join first_event on first_event.case_id = head.case_id
    left join int_org_calendar as calendar
        on calendar.org_code = coalesce(accepted.lead_org, head.lead_org, accepted.org_code, first_event.org_code)
        and local_date(coalesce(accepted.event_time, first_event.at)) >= calendar.valid_from
        and local_date(coalesce(accepted.event_time, first_event.at)) < calendar.valid_to
),
marks as (
    select *, lag(action) over (partition by case_id, suspend_id order by pos) as before
    from numbered
    where action in ('suspend_start', 'suspend_end')
),
matched as (
    select
        *,
        lead(case when action = 'suspend_end' then event_time end) over effective as closed_at,
        (row_number() over effective + 1) // 2 as nth
    from marks
    where before is distinct from action and not (before is null and action = 'suspend_end')
    window effective as (partition by case_id, suspend_id order by pos)
),
cut as (
    select
        matched.case_id, matched.suspend_id, matched.nth, matched.pos, matched.suspend_kind, matched.agent_org, matched.step_code,
        matched.suspend_limit, bounds.calendar_id, matched.closed_at is null as not_closed,
        greatest(matched.event_time, bounds.accepted_at) as started_at,
        least(matched.closed_at, bounds.ended_at) as ended_at
    from matched
    join bounds on bounds.case_id = matched.case_id
    where matched.action = 'suspend_start'
      and (bounds.accepted_at is null or matched.closed_at is null or matched.closed_at > bounds.accepted_at)
      and (bounds.ended_at is null or matched.event_time < bounds.ended_at)
),
limited as (
    select
        cut.*,
        local_time(cut.started_at) as from_lt, local_time(cut.ended_at) as ended_lt,
        work_at(from_day, us_of_day(local_time(cut.started_at))) as from_work_us,
        at_us(not_before(last_day.date, local_time(cut.started_at)::date), 86400000000) as limit_lt
    from cut
    left join int_day as from_day on from_day.calendar_id = cut.calendar_id and from_day.date = local_time(cut.started_at)::date
    left join int_workday as last_day on last_day.calendar_id = cut.calendar_id and last_day.work_seq = from_day.work_seq + ceil(cut.suspend_limit)::bigint
)
select
    limited.case_id, suspend_id, nth, pos, suspend_kind, coalesce(agent_org, '~') as agent_org, coalesce(step_code, '~') as step_code,
    suspend_limit as limit_n, started_at, ended_at, timezone(zone(), limit_lt) as limit_at, not_closed,
    us_between(started_at, ended_at) as actual_us,
    work_at(ended_day, us_of_day(ended_lt)) - from_work_us as actual_work_us,
    work_at(credit_day, us_of_day(case when not_closed and limit_lt is null then from_lt else least(ended_lt, limit_lt) end)) - from_work_us as credited_work_us,
    coalesce(ended_lt > limit_lt, false) as over_limit
from limited
left join int_day as ended_day on ended_day.calendar_id = limited.calendar_id and ended_day.date = ended_lt::date
left join int_day as credit_day
    on credit_day.calendar_id = limited.calendar_id
    and credit_day.date = (case when not_closed and limit_lt is null then from_lt else least(ended_lt, limit_lt) end)::date
