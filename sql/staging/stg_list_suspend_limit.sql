-- model: stg_list_suspend_limit
-- grain: item_code, suspend_kind, valid_from
-- kind:  table
-- why:   the limit of a special procedure by item and kind, for one that has no end and no limit of its own
with

parts as (

    select
        item_code,
        valid_from,
        valid_to,

        unnest(string_split(suspend_limits, ';')) as part

    from stg_list_power

    where suspend_limits is not null

)

select
    item_code,
    split_part(part, '=', 1) as suspend_kind,
    valid_from,
    valid_to,

    split_part(split_part(part, '=', 2), ' ', 1)::decimal(18, 3) as limit_n,
    split_part(split_part(part, '=', 2), ' ', 2) as limit_unit

from parts
