-- model: agg_step_day
-- grain: day, region_code, sector_code, org_code, section_code, post_code, process_code, step_code
-- kind:  sums
-- order: day, region_code, sector_code, org_code, section_code, post_code, process_code, step_code
-- why:   what happened to steps each day: runs by the day of their arrival, and on the day of their end what they took. The
--        times have a count each, because not every run tells all of its instants
with

rows as (

    select
        arrived_date as day,
        region_code,
        sector_code,
        org_code,
        section_code,
        post_code,
        process_code,
        step_code,

        1 as arrived,
        0 as ended,
        0 as returned,
        0 as off_hours,
        0 as timed,
        0 as step_us,
        0 as step_work_us,
        0 as queued,
        0 as queue_us,
        0 as queue_work_us

    from fact_step_run

    where arrived_date is not null
        and not is_voided

    union all

    select
        ended_date as day,
        region_code,
        sector_code,
        org_code,
        section_code,
        post_code,
        process_code,
        step_code,

        0 as arrived,
        1 as ended,
        case when is_return then 1 else 0 end as returned,
        case when ended_off_hours then 1 else 0 end as off_hours,
        case when step_us >= 0 then 1 else 0 end as timed,
        case when step_us >= 0 then step_us else 0 end as step_us,
        case when step_us >= 0 then step_work_us else 0 end as step_work_us,
        case when step_us >= 0 and queue_us >= 0 then 1 else 0 end as queued,
        case when step_us >= 0 and queue_us >= 0 then queue_us else 0 end as queue_us,
        case when step_us >= 0 and queue_us >= 0 then queue_work_us else 0 end as queue_work_us

    from fact_step_run

    where ended_at is not null
        and not implied_end
        and not is_voided

)

select
    day,
    region_code,
    sector_code,
    org_code,
    section_code,
    post_code,
    process_code,
    step_code,

    sum(arrived)::bigint as arrived,
    sum(ended)::bigint as ended,
    sum(returned)::bigint as returned,
    sum(off_hours)::bigint as off_hours,
    sum(timed)::bigint as timed,
    sum(step_us)::bigint as step_us,
    sum(step_work_us)::bigint as step_work_us,
    sum(queued)::bigint as queued,
    sum(queue_us)::bigint as queue_us,
    sum(queue_work_us)::bigint as queue_work_us

from rows

group by all
