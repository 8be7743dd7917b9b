-- model: int_loaded_list
-- grain: list
-- kind:  table
-- why:   the lists that there are: a code is not unknown because its list was never loaded
select distinct list

from int_known_code
