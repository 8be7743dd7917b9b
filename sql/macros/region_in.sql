-- macro: region_in(code, ancestor)
-- publish: yes
-- why:   whether a region is, or lies in, another one: by the parents in the list, never by the digits of the code
exists (
    select 1

    from dim_region_ancestor

    where region_code = code
        and ancestor_code = ancestor
)
