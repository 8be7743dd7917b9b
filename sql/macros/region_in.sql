-- macro: region_in(code, ancestor)
-- publish: yes
-- why:   whether a region is, or lies in, another one: by the parents in the list, never by the digits of the code.
--        Both arguments stand outside the subquery: inside it, an argument region_code would mean the column of
--        dim_region_ancestor, and every region would lie in every other
(code, ancestor) in (
    select
        region_code,
        ancestor_code

    from dim_region_ancestor
)
