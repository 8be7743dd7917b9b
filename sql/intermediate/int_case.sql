-- model: int_case
-- grain: case_id
-- kind:  table
-- entity: case_id
-- why:   who a case belongs to, when it ran, what limits hold and which calendar and clock judge it
with

anchored as (

    select
        head.case_id,

        anchor.region_code,
        anchor.org_code,
        anchor.section_code,
        anchor.sector_code,
        coalesce(anchor.lead_org, head.lead_org) as lead_org,
        coalesce(anchor.lead_org, head.lead_org, anchor.org_code) as owner_org,
        local_date(anchor.event_time) as anchor_date,

        anchor.process_code,
        coalesce(anchor.process_ver, head.process_ver) as process_ver,
        coalesce(anchor.item_code, head.item_code) as item_code,
        coalesce(anchor.task_code, head.task_code) as task_code,
        coalesce(anchor.channel, head.channel) as channel,
        coalesce(anchor.service_kind, head.service_kind) as service_kind,
        head.applicant_kind,
        head.parent_case_id,
        head.origin_region_code,
        head.origin_case_id,
        head.visits,
        head.materials,

        coalesce(anchor.promised_limit, head.promised_limit) as promised_limit,
        case when anchor.promised_limit is null then head.promised_unit else anchor.promised_unit end as promised_unit,
        coalesce(anchor.statutory_limit, head.statutory_limit) as statutory_limit,
        case when anchor.statutory_limit is null then head.statutory_unit else anchor.statutory_unit end as statutory_unit,

        head.n_all,
        head.n_step_events,
        head.n_reopen,
        head.n_return,
        head.n_correct_notice,
        head.n_urge,

        case when head.n_step_events > 0 then head.first_step_at else head.first_at end as first_event_at,
        case when head.n_step_events > 0 then head.last_step_at else head.last_at end as last_event_at,
        head.submitted_at,
        head.first_answer_at,
        case when head.accepted_pos is not null then anchor.event_time end as accepted_at,
        head.decided_at,
        finish.event_time as finished_at,
        head.first_finished_at,
        head.certified_at,
        head.delivered_at,
        case when head.accepted_pos is null then head.refused_at end as refused_at,
        case
            when voided.case_id is not null then 'voided'
            when finish.case_id is not null then coalesce(finish.finish_kind, 'normal')
        end as finish_kind,
        case
            when voided.case_id is not null then voided.event_time
            when finish.case_id is not null then finish.event_time
            when head.accepted_pos is null then head.refused_at
        end as ended_at

    from int_case_head as head

    inner join int_event as anchor
        on head.case_id = anchor.case_id
        and coalesce(head.accepted_pos, 1) = anchor.pos

    left join int_event as finish
        on head.case_id = finish.case_id
        and head.finished_pos = finish.pos

    left join int_event as voided
        on head.case_id = voided.case_id
        and head.voided_pos = voided.pos

),

-- the version that the sender names, else the newest one valid at acceptance
versions as (

    select
        anchored.case_id,

        version.ver,
        version.item_code,
        version.task_code,
        version.promised_limit,
        version.promised_unit,
        version.statutory_limit,
        version.statutory_unit

    from anchored

    inner join stg_list_process as version
        on anchored.process_code = version.process_code
        and (
            anchored.process_ver = version.ver
            or (
                anchored.process_ver is null
                and anchored.anchor_date >= version.valid_from
                and anchored.anchor_date < version.valid_to
            )
        )

    -- a version that is named holds even when the list has let it expire; of its rows the latest begun at acceptance
    qualify
        row_number() over (
            partition by anchored.case_id
            order by
                version.ver desc,
                (version.valid_from <= anchored.anchor_date) desc,
                case when version.valid_from <= anchored.anchor_date then version.valid_from end desc,
                version.valid_from
        ) = 1

),

versioned as (

    select
        anchored.*,

        versions.ver as list_ver,
        versions.item_code as list_item_code,
        versions.task_code as list_task_code,
        versions.promised_limit as list_promised_limit,
        versions.promised_unit as list_promised_unit,
        versions.statutory_limit as list_statutory_limit,
        versions.statutory_unit as list_statutory_unit

    from anchored

    left join versions
        on anchored.case_id = versions.case_id

),

placed as (

    select
        versioned.* exclude (
            list_ver,
            list_promised_limit,
            list_promised_unit,
            list_statutory_limit,
            list_statutory_unit,
            promised_limit,
            promised_unit,
            statutory_limit,
            statutory_unit,
            sector_code,
            process_ver
        ),

        coalesce(
            versioned.sector_code,
            section_sector.sector_code,
            org_sector.sector_code,
            '~'
        ) as sector_code,
        coalesce(versioned.process_ver, versioned.list_ver) as process_ver,
        coalesce(versioned.promised_limit, versioned.list_promised_limit) as promised_limit,
        case
            when versioned.promised_limit is null then coalesce(versioned.list_promised_unit, 'wd')
            else coalesce(versioned.promised_unit, 'wd')
        end as promised_unit,
        coalesce(versioned.statutory_limit, versioned.list_statutory_limit) as statutory_limit,
        case
            when versioned.statutory_limit is null then coalesce(versioned.list_statutory_unit, 'wd')
            else coalesce(versioned.statutory_unit, 'wd')
        end as statutory_unit,
        coalesce(
            versioned.promised_limit <> versioned.list_promised_limit
            or versioned.statutory_limit <> versioned.list_statutory_limit,
            false
        ) as limit_differs,

        coalesce(owner_calendar.calendar_id, region_setting.calendar_id, 'CN') as calendar_id,
        coalesce(region_setting.limit_clock, 'date') as limit_clock,
        coalesce(region_setting.cap_suspension, true) as cap_suspension,

        case
            when versioned.accepted_at is not null and versioned.finished_at is not null then versioned.accepted_at
            else versioned.first_event_at
        end as span_from,
        case
            when versioned.accepted_at is not null and versioned.finished_at is not null then versioned.finished_at
            else versioned.last_event_at
        end as span_to

    from versioned

    left join int_org_sector as section_sector
        on versioned.section_code = section_sector.org_code
        and versioned.anchor_date >= section_sector.valid_from
        and versioned.anchor_date < section_sector.valid_to

    left join int_org_sector as org_sector
        on versioned.org_code = org_sector.org_code
        and versioned.anchor_date >= org_sector.valid_from
        and versioned.anchor_date < org_sector.valid_to

    left join int_org_calendar as owner_calendar
        on versioned.owner_org = owner_calendar.org_code
        and versioned.anchor_date >= owner_calendar.valid_from
        and versioned.anchor_date < owner_calendar.valid_to

    left join int_region_setting as region_setting
        on versioned.region_code = region_setting.region_code
        and versioned.anchor_date >= region_setting.valid_from
        and versioned.anchor_date < region_setting.valid_to

)

select * from placed
