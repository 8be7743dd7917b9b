-- model: v_cut_candidate
-- grain: process_code, step_code
-- kind:  view
-- why:   the candidates of M37 for cutting with the usual bounds; cut_candidates() takes others
select *

from cut_candidates()
