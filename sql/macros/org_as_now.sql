-- macro: org_as_now(code)
-- publish: yes
-- why:   the unit that stands for another one today, by the successors in the list; a unit that still exists, and a code that
--        no list knows, stand for themselves
coalesce((select org_now from dim_org_now where org_code = code), code)
