-- query: definitions
-- grain: metric_id
-- why:   a figure that is not defined cannot be checked
select
    metric_id,
    name_zh,
    name_en,
    formula_zh,
    formula_en,
    population_zh,
    population_en,
    unit_zh,
    unit_en,
    min_n

from dim_metric

where metric_id in ('M10', 'M12', 'M13', 'M18', 'M20', 'M21a', 'M21b', 'M21c', 'M22', 'M24', 'M26', 'M37')

order by metric_id
