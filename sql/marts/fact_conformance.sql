-- model: fact_conformance
-- grain: case_id
-- kind:  parts
-- entity: case_id
-- order: case_id
-- why:   the cases that could be held against the definition of their process, with how often they left it, by rule
with

counted as (

    select
        case_id,

        count(*) filter (rule = 'M31') as n_missing,
        count(*) filter (rule = 'M32') as n_disordered,
        count(*) filter (rule = 'M33') as n_superfluous,
        count(*) filter (rule = 'M34') as n_unauthorised,
        count(*) filter (rule = 'M35') as n_over_limit

    from fact_deviation

    group by all

)

select
    judged.case_id,

    judged.process_code,
    judged.ver as process_ver,
    coalesce(counted.n_missing, 0) as n_missing,
    coalesce(counted.n_disordered, 0) as n_disordered,
    coalesce(counted.n_superfluous, 0) as n_superfluous,
    coalesce(counted.n_unauthorised, 0) as n_unauthorised,
    coalesce(counted.n_over_limit, 0) as n_over_limit,
    counted.case_id is null as conforms

from int_judged_case as judged

left join counted
    on judged.case_id = counted.case_id
