-- model: v_case
-- grain: case_id
-- kind:  view
-- why:   what analysts ask about cases, in seconds and working days, as of the version's time
with

measured as (

    select
        *,

        case
            when promised_unit = 'wd' then promised_us / 86400000000.0::double
            when promised_unit = 'nd' then promised_nd_us / 86400000000.0::double
            when promised_unit in ('wh', 'wmin') then promised_us / day_us::double
        end as promised_wd,
        case
            when statutory_unit = 'wd' then statutory_us / 86400000000.0::double
            when statutory_unit = 'nd' then statutory_nd_us / 86400000000.0::double
            when statutory_unit in ('wh', 'wmin') then statutory_us / day_us::double
        end as statutory_wd,
        case
            when elapsed_unit = 'wd' then credit_us / 86400000000.0::double
            when elapsed_unit in ('wh', 'wmin') then credit_us / day_us::double
            else credit_days_us / 86400000000.0::double
        end as credited_wd,
        case
            when ended_at is null or accepted_at is null then null
            when elapsed_unit = 'wd' then elapsed_us / 86400000000.0::double
            else (work_us - suspended_work_us) / day_us::double
        end as elapsed_wd

    from pop_case

),

as_of_day as (

    select
        calendar_id,

        work_seq,
        work24_at(dim_date, us_of_day(local_time(as_of() - interval 1 microsecond)) + 1) as work24_us

    from dim_date

    -- 24:00 belongs to the day that it ends
    where date = local_date(as_of() - interval 1 microsecond)

),

shown as (

    select
        measured.case_id,
        measured.process_code,
        measured.region_code,
        measured.sector_code,
        measured.org_code,
        measured.channel,

        measured.first_event_at,
        measured.last_event_at,
        measured.accepted_at,
        measured.finished_at,
        measured.due_at,
        measured.finish_kind,
        case when measured.accepted_at is not null then measured.in_o end as is_open,
        case
            when measured.due_at is null or not measured.is_valid then null
            when measured.ended_at is not null then measured.ended_in_time
            when measured.in_d then false
        end as on_time,
        seconds(measured.wall_us) as wall_s,
        seconds(measured.work_us) as work_s,
        measured.n_events,
        measured.n_steps,
        measured.variant_id,
        measured.has_rework,

        measured.process_ver,
        measured.item_code,
        measured.section_code,
        measured.owner_org,
        measured.submitted_at,
        measured.ended_at,
        measured.service_kind,
        measured.promised_wd,
        measured.statutory_wd,
        measured.due_basis,
        seconds(measured.suspended_work_us) as suspended_work_s,
        seconds(measured.work_us - measured.suspended_work_us) as net_work_s,
        measured.credited_wd,
        measured.elapsed_wd,
        case
            when measured.due_at is null or not measured.is_valid then null
            when measured.ended_at is null and not measured.in_d then 0
            when measured.ended_in_time then 0
            when measured.limit_clock = 'date'
                then greatest(0, coalesce(measured.ended_seq, as_of_day.work_seq) - measured.due_seq)
            else greatest(
                0,
                coalesce(measured.ended_work24_us, as_of_day.work24_us) - measured.due_work24_us
            ) / 86400000000.0::double
        end::double as overdue_wd,
        measured.n_extensions,
        measured.silent,
        measured.lead_org,
        measured.parent_case_id,
        measured.origin_region_code,
        measured.origin_case_id

    from measured

    left join as_of_day
        on measured.calendar_id = as_of_day.calendar_id

)

select * from shown
