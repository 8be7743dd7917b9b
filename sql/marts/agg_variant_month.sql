-- model: agg_variant_month
-- grain: month, region_code, sector_code, org_code, section_code, process_code, variant_id
-- kind:  sums
-- order: month, region_code, sector_code, org_code, section_code, process_code, variant_id
-- why:   how many cases of a unit took which way, by month of the last step event: which way is the most frequent one is
--        known only when all are counted (M36)
select
    date_trunc('month', last_event_date)::date as month,
    region_code,
    sector_code,
    owner_org as org_code,
    owner_section as section_code,
    process_code,
    variant_id,

    count(*) as n

from pop_case

where is_valid
    and n_steps > 0

group by all
