-- macro: metric_leaf(id, since, until, region := '*', sector := '*', org := '*', section := '*', post := '*', process := '*', step := '*')
-- kind:  table
-- publish: yes
-- why:   the leaf rows of one metric over the days from since up to, not including, until: what metric, metric_change and
--        metric_rank add up. A region has all that lies in it, an organisation all that belongs to it. Whole months come from
--        the stored sums, durations over other spans from the single values, exact by day, and what is derived for a month,
--        a quarter or a year alone. Anything else is refused: a rate over half a month cannot be read off the month's
with

stored as (

    select
        leaf.* exclude (metric_id, month)

    from agg_metric_month as leaf

    where leaf.metric_id = id
        and date_trunc('month', since::date)::date = since::date
        and date_trunc('month', until::date)::date = until::date
        and leaf.month >= since::date
        and leaf.month < until::date

),

derived as (

    select
        leaf.* exclude (metric_id, period_grain, period)

    from agg_metric_derived as leaf

    inner join dim_period as listed
        on leaf.period_grain = listed.period_grain
        and leaf.period = listed.period

    where leaf.metric_id = id
        and leaf.period = since::date
        and listed.until = until::date

),

single as (

    select
        one.region_code,
        one.sector_code,
        one.org_code,
        one.section_code,
        one.post_code,
        one.process_code,
        one.step_code,
        one.clock,
        'mean' as stat,

        sum(one.us)::hugeint as num,
        count(*) as den,
        count(*) as n

    from pop_duration as one

    where one.metric_id = id
        and (
            date_trunc('month', since::date)::date <> since::date
            or date_trunc('month', until::date)::date <> until::date
        )
        and one.on_date >= since::date
        and one.on_date < until::date

    group by all

),

rows as (

    select * from stored

    union all

    select * from derived

    union all

    select * from single

),

-- one row, or an error that says what to ask instead
allowed as (

    select
        case
            when declared.metric_id is null
                then error('metric ' || asked.metric_id || ' is not declared; "from dim_metric" lists those that are')
            when declared.kind = 'derived' and not exists (
                select 1

                from dim_period as listed

                where listed.period = since::date
                    and listed.until = until::date
            )
                then error('metric ' || asked.metric_id || ' does not add up over months; ask for one month, quarter or year of dim_period')
            when declared.kind <> 'derived'
                and (
                    date_trunc('month', since::date)::date <> since::date
                    or date_trunc('month', until::date)::date <> until::date
                )
                and not exists (
                    select 1

                    from pop_duration as one

                    where one.metric_id = id
                )
                then error('metric ' || asked.metric_id || ' is kept by month; since and until must be first days of months')
            else true
        end as ok

    from (select id as metric_id) as asked

    left join dim_metric as declared
        on asked.metric_id = declared.metric_id

)

select rows.*

from rows

cross join allowed

where allowed.ok
    and (region = '*' or region_in(rows.region_code, region))
    and (sector = '*' or rows.sector_code = sector)
    and (org = '*' or org_in(rows.org_code, org))
    and (section = '*' or rows.section_code = section)
    and (post = '*' or rows.post_code = post)
    and (process = '*' or rows.process_code = process)
    and (step = '*' or rows.step_code = step)
