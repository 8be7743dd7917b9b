-- model: pop_bottleneck
-- grain: case_id, step_code, visit
-- kind:  view
-- why:   what each run adds to the bottleneck of its process (M37), on the basis of the process
with

contributions as (

    select
        run.case_id,
        run.step_code,
        run.visit,

        run.ended_date,
        run.region_code,
        run.sector_code,
        run.org_code,
        run.section_code,
        run.post_code,
        run.process_code,
        basis.basis,
        case basis.basis
            when 'limit' then greatest(0, run.sojourn_work_us - run.credit_work_us - run.limit_work_us)
            when 'queue' then run.queue_work_us
            else run.since_previous_us
        end as us

    from fact_step_run as run

    inner join agg_bottleneck_basis as basis
        on run.process_code = basis.process_code

    where not run.is_voided
        and not run.implied_end
        and run.ended_at is not null

)

select *

from contributions

where us >= 0
