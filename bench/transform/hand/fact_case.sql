-- One row per case, straight from the lake; limits are in working days, on the date clock.
-- sums: count(*) as n, sum(epoch_us(accepted_at)) as accepted_us, sum(epoch_us(ended_at)) as ended_us, sum(epoch_us(due_at)) as due_us,
--   sum(epoch_us(statutory_due_at)) as statutory_due_us, sum(wall_us) as wall_us, sum(work_us) as work_us,
--   sum(suspended_us) as suspended_us, sum(suspended_work_us) as suspended_work_us, sum(credit_us) as credit_us,
--   sum(extend_us) as extend_us, sum(elapsed_us) as elapsed_us, sum(promised_us) as promised_us, sum(n_events) as n_events,
--   sum(n_steps) as n_steps, sum(n_repeats) as n_repeats, sum(n_orgs) as n_orgs, sum(n_handover) as n_handover,
--   sum(n_suspensions) as n_suspensions, sum(hash(variant_id) % 1000) as variants, sum(hash(sector_code) % 1000) as sectors,
--   sum(epoch_us(suspended_until)) as suspended_until_us, count(finish_kind) as finished
with event as (
    select
        case_id, source, event_id, op, is_test, action, event_time, seq, step_code, visit, arrived_at, claimed_at, started_at, result,
        process_code, process_ver, region_code, org_code, section_code, post_code, actor_id, sector_code, window_code, approval_level,
        service_kind, finish_kind,
        lead_org, item_code, task_code, channel, applicant_kind, parent_case_id, origin_region_code, visits, materials,
        promised_limit, promised_unit, statutory_limit, statutory_unit, due_at, extend_limit, extend_scope,
        suspend_id, suspend_limit, _kafka_ts, _partition, _offset
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
summed as (
    select
        case_id,
        count(*) as n_all, count(*) filter (is_step) as n_step_events,
        min(event_time) as first_at, max(event_time) as last_at,
        min(event_time) filter (is_step) as first_step_at, max(event_time) filter (is_step) as last_step_at,
        min(event_time) filter (action = 'submit') as submitted_at, min(event_time) filter (action = 'decide') as decided_at,
        max(event_time) filter (action = 'certify') as certified_at, max(event_time) filter (action = 'deliver') as delivered_at,
        min(event_time) filter (action = 'finish') as first_finished_at, min(event_time) filter (action = 'refuse') as refused_at,
        coalesce(
            min(pos) filter (action = 'accept'), max(pos) filter (action = 'correct_done'),
            case when bool_or(service_kind = 'instant') then min(pos) filter (action = 'submit') end
        ) as accepted_pos,
        coalesce(max(pos) filter (action = 'reopen'), 0) as reopen_pos,
        max(pos) filter (action = 'finish') as finish_pos, max(pos) filter (action = 'void') as void_pos,
        count(*) filter (action = 'reopen') as n_reopen,
        count(*) filter (action = 'return' or (action = 'step_end' and result = 'return')) as n_return,
        count(*) filter (action = 'correct_notice') as n_correct_notice, count(*) filter (action = 'urge') as n_urge,
        min_by(lead_org, pos) as lead_org, min_by(item_code, pos) as item_code, min_by(task_code, pos) as task_code,
        min_by(process_ver, pos) as process_ver, min_by(channel, pos) as channel, min_by(service_kind, pos) as service_kind,
        min_by(applicant_kind, pos) as applicant_kind, min_by(parent_case_id, pos) as parent_case_id,
        min_by(origin_region_code, pos) as origin_region_code,
        min_by(promised_limit, pos) as promised_limit, min_by(statutory_limit, pos) as statutory_limit,
        max_by(visits, pos) as visits, max_by(materials, pos) as materials,
        max_by(due_at, (_kafka_ts, _partition, _offset)) filter (due_at is not null) as stated_due_at,
        max_by(event_time, (_kafka_ts, _partition, _offset)) filter (due_at is not null) as stated_at
    from numbered
    group by case_id
),
anchored as (
    select
        summed.*,
        anchor.region_code, anchor.org_code, anchor.section_code, anchor.process_code,
        local_date(anchor.event_time) as anchor_date,
        anchor.sector_code as own_sector,
        coalesce(anchor.lead_org, summed.lead_org, anchor.org_code) as owner_org,
        coalesce(anchor.process_ver, summed.process_ver) as named_ver,
        coalesce(anchor.promised_limit, summed.promised_limit) as sent_promised,
        coalesce(anchor.statutory_limit, summed.statutory_limit) as sent_statutory,
        case when summed.accepted_pos is not null then anchor.event_time end as accepted_at,
        case when finish_pos > reopen_pos then finish.event_time end as finished_at,
        case when void_pos > reopen_pos then 'voided' when finish_pos > reopen_pos then coalesce(finish.finish_kind, 'normal') end as finish_kind,
        case
            when void_pos > reopen_pos then voided.event_time
            when finish_pos > reopen_pos then finish.event_time
            when summed.accepted_pos is null then summed.refused_at
        end as ended_at
    from summed
    join numbered as anchor on anchor.case_id = summed.case_id and anchor.pos = coalesce(summed.accepted_pos, 1)
    left join numbered as finish on finish.case_id = summed.case_id and finish.pos = summed.finish_pos
    left join numbered as voided on voided.case_id = summed.case_id and voided.pos = summed.void_pos
),
version as (
    select anchored.case_id, max(version.ver) as ver, max_by(version.promised_limit, version.ver) as promised_limit, max_by(version.statutory_limit, version.ver) as statutory_limit
    from anchored
    join stg_list_process as version
        on version.process_code = anchored.process_code
        and (
            version.ver = anchored.named_ver
            or (anchored.named_ver is null and anchored.anchor_date >= version.valid_from and anchored.anchor_date < version.valid_to)
        )
    group by anchored.case_id
),
head as (
    select
        anchored.*,
        coalesce(anchored.own_sector, section_sector.sector_code, org_sector.sector_code, '~') as sector_code,
        coalesce(anchored.named_ver, version.ver) as ver,
        coalesce(anchored.sent_promised, version.promised_limit) as promised,
        coalesce(anchored.sent_statutory, version.statutory_limit) as statutory,
        coalesce(calendar.calendar_id, 'CN') as calendar_id,
        local_time(anchored.accepted_at) as accepted_lt,
        local_time(anchored.ended_at) as ended_lt,
        case
            when anchored.accepted_at is not null and anchored.finished_at is not null then anchored.accepted_at
            when n_step_events > 0 then first_step_at else first_at
        end as span_from,
        case
            when anchored.accepted_at is not null and anchored.finished_at is not null then anchored.finished_at
            when n_step_events > 0 then last_step_at else last_at
        end as span_to
    from anchored
    left join version on version.case_id = anchored.case_id
    left join int_org_sector as section_sector
        on section_sector.org_code = anchored.section_code and anchored.anchor_date >= section_sector.valid_from and anchored.anchor_date < section_sector.valid_to
    left join int_org_sector as org_sector
        on org_sector.org_code = anchored.org_code and anchored.anchor_date >= org_sector.valid_from and anchored.anchor_date < org_sector.valid_to
    left join int_org_calendar as calendar
        on calendar.org_code = anchored.owner_org and anchored.anchor_date >= calendar.valid_from and anchored.anchor_date < calendar.valid_to
),
clock as (
    select
        head.case_id,
        accepted_day.work_seq as accepted_seq, ended_day.work_seq as ended_seq,
        work_at(from_day, us_of_day(local_time(head.span_from))) as from_work_us,
        work_at(to_day, us_of_day(local_time(head.span_to))) as to_work_us
    from head
    left join int_day as accepted_day on accepted_day.calendar_id = head.calendar_id and accepted_day.date = head.accepted_lt::date
    left join int_day as ended_day on ended_day.calendar_id = head.calendar_id and ended_day.date = head.ended_lt::date
    left join int_day as from_day on from_day.calendar_id = head.calendar_id and from_day.date = local_date(head.span_from)
    left join int_day as to_day on to_day.calendar_id = head.calendar_id and to_day.date = local_date(head.span_to)
),
mark as (
    select *, lag(action) over (partition by case_id, suspend_id order by pos) as before
    from numbered
    where action in ('suspend_start', 'suspend_end')
),
matched as (
    select *, lead(case when action = 'suspend_end' then event_time end) over (partition by case_id, suspend_id order by pos) as closed_at
    from mark
    where before is distinct from action and not (before is null and action = 'suspend_end')
),
cut as (
    select
        matched.case_id, matched.pos, matched.suspend_limit, head.calendar_id, matched.closed_at is null as not_closed,
        greatest(matched.event_time, head.accepted_at) as started_at,
        least(matched.closed_at, head.ended_at) as ended_at
    from matched
    join head on head.case_id = matched.case_id
    left join int_step_version as declared
        on declared.process_code = head.process_code and declared.ver = head.ver and declared.step_code = matched.step_code
        and head.anchor_date >= declared.holds_from and head.anchor_date < declared.holds_to
    where matched.action = 'suspend_start' and declared.parallel_group is null
      and (head.accepted_at is null or matched.closed_at is null or matched.closed_at > head.accepted_at)
      and (head.ended_at is null or matched.event_time < head.ended_at)
),
suspension as (
    select
        cut.*,
        local_time(cut.started_at) as from_lt, local_time(cut.ended_at) as ended_lt,
        from_day.work_seq as from_seq,
        work_at(from_day, us_of_day(local_time(cut.started_at))) as from_work_us,
        work_at(ended_day, us_of_day(local_time(cut.ended_at))) as ended_work_us,
        not_before(last_day.date, local_date(cut.started_at)) as limit_date,
        case
            when cut.not_closed and last_day.date is null then from_day.work_seq
            else least(ended_day.work_seq, case when last_day.date is not null then greatest(last_day.work_seq, from_day.work_seq) end)
        end as credit_seq
    from cut
    left join int_day as from_day on from_day.calendar_id = cut.calendar_id and from_day.date = local_date(cut.started_at)
    left join int_day as ended_day on ended_day.calendar_id = cut.calendar_id and ended_day.date = local_date(cut.ended_at)
    left join int_workday as last_day on last_day.calendar_id = cut.calendar_id and last_day.work_seq = from_day.work_seq + ceil(cut.suspend_limit)::bigint
),
uncovered as (
    select
        suspension.*,
        greatest(0, to_work_us - greatest(begin_work_us, coalesce(max(to_work_us) over before, begin_work_us))) as add_work_us,
        greatest(0, to_us - greatest(begin_us, coalesce(max(to_us) over before, begin_us))) as add_us
    from (
        select
            suspension.*,
            greatest(clock.from_work_us, suspension.from_work_us) as begin_work_us,
            least(clock.to_work_us, coalesce(suspension.ended_work_us, clock.to_work_us)) as to_work_us,
            epoch_us(greatest(head.span_from, suspension.started_at)) as begin_us,
            epoch_us(least(head.span_to, suspension.ended_at)) as to_us
        from suspension
        join head on head.case_id = suspension.case_id
        join clock on clock.case_id = suspension.case_id
    ) as suspension
    window before as (partition by case_id order by pos rows between unbounded preceding and 1 preceding)
),
suspended as (
    select case_id, count(*) as n_suspensions, sum(add_work_us)::bigint as suspended_work_us, sum(add_us)::bigint as suspended_us, bool_or(not_closed) as suspend_not_closed
    from uncovered
    group by case_id
),
track as (
    select case_id, 'promised' as track, promised as limit_n, null::bigint as cap, null::timestamptz as only_after, accepted_lt as base_lt, calendar_id
    from head where accepted_at is not null
    union all
    select case_id, 'statutory', statutory, case when service_kind = 'joint' then 15 else 10 end, null, accepted_lt, calendar_id
    from head where accepted_at is not null and statutory is not null
    union all
    select case_id, 'message', 0, null, stated_at, local_time(stated_due_at), calendar_id
    from head where stated_due_at is not null
),
adjustment as (
    select
        track.case_id, track.track, suspension.pos, suspension.from_lt as at_lt, 0 as extend_days,
        greatest(0, credit_seq - greatest(from_seq, coalesce(
            max(credit_seq) over (partition by track.case_id, track.track order by suspension.pos rows between unbounded preceding and 1 preceding), from_seq
        ))) as credit_days
    from track
    join suspension on suspension.case_id = track.case_id and (track.only_after is null or suspension.started_at > track.only_after)
    union all
    select track.case_id, track.track, numbered.pos, local_time(numbered.event_time), numbered.extend_limit, 0
    from track
    join numbered
        on numbered.case_id = track.case_id and numbered.action = 'extend' and numbered.extend_limit is not null
        and (track.only_after is null or numbered.event_time > track.only_after)
        and (coalesce(numbered.extend_scope, 'both') = 'both' or (numbered.extend_scope = 'statutory') = (track.track = 'statutory'))
    union all
    select case_id, track, 0, null, 0, 0 from track
),
cumulated as (
    select
        adjustment.case_id, adjustment.track, adjustment.pos, adjustment.at_lt,
        sum(credit_days) over so_far as credit_days,
        least(sum(extend_days) over so_far, track.cap) as extend_days,
        track.limit_n, track.calendar_id,
        case when track.track = 'message' and us_of_day(base_lt) = 0 then base_lt::date - 1 else base_lt::date end as base_date,
        case when track.track = 'message' and us_of_day(base_lt) = 0 then 86400000000 else us_of_day(base_lt) end as base_us
    from adjustment
    join track on track.case_id = adjustment.case_id and track.track = adjustment.track
    window so_far as (partition by adjustment.case_id, adjustment.track order by adjustment.pos)
),
due_each as (
    select
        cumulated.*,
        case
            when cumulated.track <> 'message' then at_us(not_before(due_day.date, cumulated.base_date), 86400000000)
            when cumulated.extend_days + cumulated.credit_days = 0 then at_us(cumulated.base_date, cumulated.base_us)
            else at_us(not_before(due_day.date, cumulated.base_date), cumulated.base_us)
        end as due_lt
    from cumulated
    left join int_day as base_day on base_day.calendar_id = cumulated.calendar_id and base_day.date = cumulated.base_date
    left join int_workday as due_day
        on due_day.calendar_id = cumulated.calendar_id
        and due_day.work_seq = base_day.work_seq + ceil(cumulated.limit_n + cumulated.extend_days)::bigint + cumulated.credit_days
),
checked as (
    select *, pos = 0 or coalesce(at_lt <= lag(due_lt) over (partition by case_id, track order by pos), false) as in_time
    from due_each
),
counted as (
    select *, bool_and(in_time) over (partition by case_id, track order by pos) as counts
    from checked
),
due as (
    select *
    from counted
    where counts and due_lt is not null
    qualify row_number() over (partition by case_id, track order by pos desc) = 1
),
moving as (
    select suspension.case_id, timezone(zone(), max(at_us(suspension.limit_date, 86400000000))) as suspended_until, timezone(zone(), min(suspension.from_lt)) as suspended_from
    from suspension
    join (
        select case_id, due_lt from due
        qualify row_number() over (partition by case_id order by case track when 'message' then 1 when 'promised' then 2 else 3 end) = 1
    ) as in_force on in_force.case_id = suspension.case_id
    where suspension.not_closed and suspension.limit_date is not null and suspension.from_lt <= in_force.due_lt
    group by suspension.case_id
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
        case_id, step_code, max(pos) as last_pos,
        max_by(org_code, pos) as org_code, max_by(section_code, pos) as section_code, max_by(approval_level, pos) as approval_level,
        coalesce(bool_or(action = 'return' or (action = 'step_end' and result = 'return')), false) as is_return
    from assigned
    group by case_id, step_code, run_key, run_no
),
shaped as (
    select
        case_id, count(*) as n_steps, count(distinct step_code) as n_distinct_steps, count(distinct org_code) as n_orgs,
        count(distinct coalesce(section_code, '~')) as n_sections, count(*) filter (is_handover) as n_handover,
        count(distinct approval_level) as n_levels, max(approval_level) as max_level, bool_or(is_return) as has_return,
        substr(sha256(string_agg(coalesce(step_code, '~'), chr(31) order by last_pos)), 1, 16) as variant_id
    from (select *, lag(org_code) over (partition by case_id order by last_pos) <> org_code as is_handover from run)
    group by case_id
)
select
    head.case_id, head.process_code, head.ver as process_ver, coalesce(head.item_code, '~') as item_code, coalesce(head.task_code, '~') as task_code,
    head.region_code, head.sector_code, head.org_code, coalesce(head.section_code, '~') as section_code, head.owner_org,
    coalesce(head.channel, '~') as channel, coalesce(head.service_kind, '~') as service_kind, coalesce(head.applicant_kind, '~') as applicant_kind,
    head.parent_case_id, head.origin_region_code, head.visits, head.materials, head.calendar_id,
    head.submitted_at, head.accepted_at, head.decided_at, head.finished_at, head.first_finished_at, head.certified_at, head.delivered_at,
    head.refused_at, head.ended_at, head.finish_kind, head.accepted_lt::date as accepted_date, head.ended_lt::date as ended_date,
    head.promised as promised_limit, head.statutory as statutory_limit,
    case when message.due_lt is not null then 'message' when coalesce(promised.due_lt, statutory.due_lt) is not null then 'computed' else 'none' end as due_basis,
    timezone(zone(), coalesce(message.due_lt, promised.due_lt, statutory.due_lt)) as due_at,
    timezone(zone(), statutory.due_lt) as statutory_due_at,
    us_between(head.span_from, head.span_to) as wall_us, clock.to_work_us - clock.from_work_us as work_us,
    coalesce(suspended.suspended_us, 0) as suspended_us, coalesce(suspended.suspended_work_us, 0) as suspended_work_us,
    (coalesce(promised.credit_days, statutory.credit_days, message.credit_days, 0) * 86400000000)::bigint as credit_us,
    (coalesce(promised.extend_days, statutory.extend_days, message.extend_days, 0) * 86400000000)::bigint as extend_us,
    ((clock.ended_seq - clock.accepted_seq - coalesce(promised.credit_days, statutory.credit_days, message.credit_days)) * 86400000000)::bigint as elapsed_us,
    (case when promised.due_lt is not null then head.promised end * 86400000000)::bigint as promised_us,
    head.n_all, head.n_step_events, case when n_step_events > 0 then n_step_events else n_all end as n_events,
    coalesce(shaped.n_steps, 0) as n_steps, coalesce(shaped.n_steps - shaped.n_distinct_steps, 0) as n_repeats, coalesce(shaped.n_orgs, 0) as n_orgs,
    coalesce(shaped.n_sections, 0) as n_sections, coalesce(shaped.n_handover, 0) as n_handover, coalesce(shaped.n_levels, 0) as n_levels, shaped.max_level,
    coalesce(suspended.n_suspensions, 0) as n_suspensions, head.n_reopen, head.n_return, head.n_correct_notice, head.n_urge,
    coalesce(shaped.variant_id, '-') as variant_id, coalesce(shaped.n_steps > shaped.n_distinct_steps or shaped.has_return, false) as has_rework,
    coalesce(suspended.suspend_not_closed, false) as suspend_not_closed, moving.suspended_from, moving.suspended_until
from head
join clock on clock.case_id = head.case_id
left join due as promised on promised.case_id = head.case_id and promised.track = 'promised'
left join due as statutory on statutory.case_id = head.case_id and statutory.track = 'statutory'
left join due as message on message.case_id = head.case_id and message.track = 'message'
left join suspended on suspended.case_id = head.case_id
left join moving on moving.case_id = head.case_id
left join shaped on shaped.case_id = head.case_id
