-- model: dim_code
-- grain: code_list, code
-- kind:  table
-- order: code_list, code
-- why:   the labels of codes; a view that shows a code joins it by the name of the field
select
    code_list,
    code,

    label_zh,
    coalesce(label_en, label_zh) as label_en,
    order_no,
    valid_from,
    valid_to,
    valid_to > local_date(as_of()) as is_current

from stg_list_code

where valid_from <= local_date(as_of())

qualify row_number() over (partition by code_list, code order by valid_from desc) = 1
