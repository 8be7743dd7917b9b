-- model: int_case_head
-- grain: case_id
-- kind:  table
-- entity: case_id
-- why:   what the events of a case say together: which one accepted it, which one ended it, and what was sent only once
--        somewhere on the way
with

summed as (

    select
        case_id,

        count(*) as n_all,
        count(*) filter (is_step) as n_step_events,
        min(event_time) as first_at,
        max(event_time) as last_at,
        min(event_time) filter (is_step) as first_step_at,
        max(event_time) filter (is_step) as last_step_at,

        min(event_time) filter (action = 'submit') as submitted_at,
        min(event_time) filter (action = 'decide') as decided_at,
        max(event_time) filter (action = 'certify') as certified_at,
        max(event_time) filter (action = 'deliver') as delivered_at,
        min(event_time) filter (action = 'finish') as first_finished_at,
        min(event_time) filter (action = 'refuse') as refused_at,
        min(event_time) filter (action in ('accept', 'refuse', 'correct_notice')) as first_answer_at,

        min(pos) filter (action = 'accept') as accept_pos,
        max(pos) filter (action = 'correct_done') as corrected_pos,
        min(pos) filter (action = 'submit') as submit_pos,
        coalesce(bool_or(service_kind = 'instant'), false) as is_instant,
        max(pos) filter (action = 'finish') as finish_pos,
        max(pos) filter (action = 'void') as void_pos,
        coalesce(max(pos) filter (action = 'reopen'), 0) as reopen_pos,

        count(*) filter (action = 'reopen') as n_reopen,
        count(*) filter (action = 'return' or (action = 'step_end' and result = 'return')) as n_return,
        count(*) filter (action = 'correct_notice') as n_correct_notice,
        count(*) filter (action = 'urge') as n_urge,

        min_by(lead_org, pos) as lead_org,
        min_by(item_code, pos) as item_code,
        min_by(task_code, pos) as task_code,
        min_by(process_ver, pos) as process_ver,
        min_by(channel, pos) as channel,
        min_by(service_kind, pos) as service_kind,
        min_by(applicant_kind, pos) as applicant_kind,
        min_by(parent_case_id, pos) as parent_case_id,
        min_by(origin_region_code, pos) as origin_region_code,
        min_by(origin_case_id, pos) as origin_case_id,
        min_by(promised_limit, pos) as promised_limit,
        min_by(coalesce(promised_unit, 'wd'), pos) filter (promised_limit is not null) as promised_unit,
        min_by(statutory_limit, pos) as statutory_limit,
        min_by(coalesce(statutory_unit, 'wd'), pos) filter (statutory_limit is not null) as statutory_unit,
        max_by(visits, pos) as visits,
        max_by(materials, pos) as materials

    from int_event

    group by all

),

judged as (

    select
        *,

        coalesce(accept_pos, corrected_pos, case when is_instant then submit_pos end) as accepted_pos,
        case when finish_pos > reopen_pos then finish_pos end as finished_pos,
        case when void_pos > reopen_pos then void_pos end as voided_pos

    from summed

)

select * from judged
