-- model: v_channel
-- grain: channel
-- kind:  view
-- why:   the channels by which cases come in, with their labels
select
    code as channel,
    label_zh,
    label_en,
    order_no

from dim_code

where code_list = 'channel'
