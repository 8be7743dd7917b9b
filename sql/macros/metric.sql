-- macro: metric(id, since, until, region := '*', sector := '*', org := '*', section := '*', post := '*', process := '*', step := '*')
-- kind:  table
-- publish: yes
-- why:   one metric over the days from since up to, not including, until: sums, rates and means by adding leaf rows, and for
--        durations the exact percentiles of the single values. metric_leaf says which spans can be asked for
with

leaves as (

    select
        clock,
        stat,
        sum(num) as num,
        sum(den) as den,
        sum(n) as n

    from metric_leaf(
        id, since, until,
        region := region, sector := sector, org := org, section := section, post := post, process := process, step := step
    )

    group by all

),

durations as (

    select
        one.clock,
        one.us

    from pop_duration as one

    where one.metric_id = id
        and one.on_date >= since::date
        and one.on_date < until::date
        and (region = '*' or region_in(one.region_code, region))
        and (sector = '*' or one.sector_code = sector)
        and (org = '*' or org_in(one.org_code, org))
        and (section = '*' or one.section_code = section)
        and (post = '*' or one.post_code = post)
        and (process = '*' or one.process_code = process)
        and (step = '*' or one.step_code = step)

),

summed as (

    select
        clock,

        quantile_cont(us, 0.5) as p50,
        quantile_cont(us, 0.9) as p90,
        quantile_cont(us, 0.95) as p95,
        max(us)::double as max,
        count(*) as n

    from durations

    group by all

),

quantiles as (

    select
        clock,
        unnest(['p50', 'p90', 'p95', 'max']) as stat,
        unnest([p50, p90, p95, max]) as us,
        n

    from summed

),

rows as (

    select
        clock,
        stat,
        num,
        den,
        case
            when stat = 'sum' then num::double
            when den > 0 then num / den::double
        end as raw,
        n

    from leaves

    union all

    select
        clock,
        stat,
        null as num,
        null as den,
        us as raw,
        n

    from quantiles

)

select
    rows.clock,
    rows.stat,
    case when declared.unit = 's' then seconds(rows.num) else rows.num::double end as num,
    rows.den,
    case when declared.unit = 's' then seconds(rows.raw) else rows.raw end as value,
    rows.n,
    declared.unit

from rows

inner join dim_metric as declared
    on declared.metric_id = id

order by
    rows.clock,
    rows.stat
