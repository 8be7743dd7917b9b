-- check: keys_not_null
-- severity: error
-- why:   '~' stands for unknown and '*' for all; a null key would lose rows in every join
select *

from agg_metric_month

where month is null
    or region_code is null
    or sector_code is null
    or org_code is null
    or section_code is null
    or post_code is null
    or process_code is null
    or step_code is null
