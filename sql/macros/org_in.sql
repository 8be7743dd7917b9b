-- macro: org_in(code, ancestor)
-- publish: yes
-- why:   whether a unit is, or belongs to, another one, by the parents in the list; see region_in
(code, ancestor) in (
    select
        org_code,
        ancestor_code

    from dim_org_ancestor
)
