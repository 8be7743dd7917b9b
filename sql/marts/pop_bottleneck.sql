-- model: pop_bottleneck
-- grain: month, region_code, sector_code, org_code, section_code, post_code, process_code, step_code
-- kind:  view
-- why:   what the runs of a step add to the bottleneck of their process (M37), on the basis of the process
with

chosen as (

    select
        month.*,

        basis.basis,
        case basis.basis
            when 'limit' then month.limit_n
            when 'queue' then month.queue_n
            else month.since_previous_n
        end as n_runs,
        case basis.basis
            when 'limit' then month.limit_us
            when 'queue' then month.queue_us
            else month.since_previous_us
        end as us

    from agg_bottleneck_month as month

    inner join agg_bottleneck_basis as basis
        on month.process_code = basis.process_code

)

select
    month,
    region_code,
    sector_code,
    org_code,
    section_code,
    post_code,
    process_code,
    step_code,
    basis,
    n_runs,
    us

from chosen

where n_runs > 0
