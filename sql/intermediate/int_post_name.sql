-- model: int_post_name
-- grain: post_code, valid_from
-- kind:  table
-- why:   the posts with the names by which the roles of steps call them
select
    org_code as post_code,
    valid_from,

    valid_to,
    name

from stg_list_org

where kind = 'post'
