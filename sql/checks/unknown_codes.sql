-- check: unknown_codes
-- severity: warn
-- why:   codes that no list knows have no name, no sector and no region above them (M92); '-' was never meant to be one
select
    'region' as list,
    region_code as code

from dim_region

where not is_known
    and region_code not in ('~', '-', '000000000000')

union all

select
    'org' as list,
    org_code as code

from dim_org

where not is_known
    and org_code not in ('~', '-')
