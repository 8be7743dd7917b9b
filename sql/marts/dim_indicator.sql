-- model: dim_indicator
-- grain: set_code, code
-- kind:  table
-- order: set_code, code
-- why:   the indicators by their row valid at the as-of time
select
    set_code,
    code,

    coalesce(parent, '~') as parent_code,
    name,
    coalesce(name_en, name) as name_en,
    class,
    weight,
    cap,
    per,
    manual,
    valid_from,
    valid_to,
    valid_to > local_date(as_of()) as is_current

from stg_list_indicator

where valid_from <= local_date(as_of())

qualify row_number() over (partition by set_code, code order by valid_from desc) = 1
