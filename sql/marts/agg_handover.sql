-- model: agg_handover
-- grain: month, process_code, level, from_code, to_code
-- kind:  sums
-- order: month, process_code, level, from_code, to_code
-- why:   who hands over to whom and how long it lies in between (M17): between departments, and between sections. One that
--        overlaps, because the next began before the end, is counted and not timed
with

handed as (

    select
        date_trunc('month', run_date)::date as month,
        process_code,
        'org' as level,
        previous_org as from_code,
        org_code as to_code,
        handover_us,
        handover_work_us

    from fact_step_run

    where is_handover
        and not is_voided

    union all

    select
        date_trunc('month', run_date)::date as month,
        process_code,
        'section' as level,
        previous_section as from_code,
        section_code as to_code,
        handover_us,
        handover_work_us

    from fact_step_run

    where previous_section <> section_code
        and previous_section <> '~'
        and section_code <> '~'
        and not is_voided

)

select
    month,
    process_code,
    level,
    from_code,
    to_code,

    count(*) as n,
    count(*) filter (handover_us >= 0) as n_timed,
    coalesce(sum(handover_us) filter (handover_us >= 0), 0)::bigint as wall_us,
    coalesce(sum(handover_work_us) filter (handover_us >= 0), 0)::bigint as work_us

from handed

group by all
