select
    org_as_now(org_code) as org_now,
    count(*) as n

from v_case

group by all
