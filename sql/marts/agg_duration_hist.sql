-- model: agg_duration_hist
-- grain: month, region_code, sector_code, org_code, section_code, post_code, process_code, step_code, metric_id, clock, bucket
-- kind:  sums
-- order: metric_id, clock, month, region_code, sector_code, org_code, section_code, post_code, process_code, step_code, bucket
-- why:   percentiles of any roll-up without its single durations, within 1 % of the order statistic: metric_approx()
select
    date_trunc('month', on_date)::date as month,
    region_code,
    sector_code,
    org_code,
    section_code,
    post_code,
    process_code,
    step_code,
    metric_id,
    clock,
    log_bucket(us) as bucket,

    count(*) as n

from pop_duration

group by all
