-- model: agg_post_period
-- grain: period_grain, period, org_code
-- kind:  table
-- order: period_grain, period, org_code
-- why:   the filled posts of each period with the working days, by the calendar of the unit, on which each was in force in it
--        and with those of them on which it worked. A post that was abolished in the period counts until then
with

ends as (

    select
        period_grain,
        period,
        least(until - 1, local_date(as_of())) as last_day

    from dim_period

),

-- the stretches of days on which a post was in force and filled
stretches as (

    select
        ends.period_grain,
        ends.period,
        shown.org_code,
        shown.calendar_id,

        greatest(ends.period, post.valid_from) as first_day,
        least(ends.last_day, post.valid_to - 1) as last_day

    from ends

    inner join stg_list_org as post
        on ends.last_day >= post.valid_from
        and ends.period < post.valid_to

    inner join dim_org_period as shown
        on ends.period_grain = shown.period_grain
        and ends.period = shown.period
        and post.org_code = shown.org_code

    where post.kind = 'post'
        and coalesce(post.filled, true)

),

told as (

    select distinct
        post_code as org_code,
        day

    from agg_org_task_day

    where n_records + n_cases + n_runs > 0
        and post_code not in ('~', '-')

),

worked as (

    select
        stretches.period_grain,
        stretches.period,
        stretches.org_code,

        count(*) as n_workdays

    from stretches

    inner join told
        on stretches.org_code = told.org_code
        and told.day >= stretches.first_day
        and told.day <= stretches.last_day

    inner join int_day as day
        on stretches.calendar_id = day.calendar_id
        and told.day = day.date
        and day.is_work

    group by all

),

-- work_seq counts working days up to and with the day
spans as (

    select
        stretches.period_grain,
        stretches.period,
        stretches.org_code,

        sum(closing.work_seq - opening.work_seq + opening.is_work::bigint)::bigint as workdays

    from stretches

    inner join int_day as opening
        on stretches.calendar_id = opening.calendar_id
        and stretches.first_day = opening.date

    inner join int_day as closing
        on stretches.calendar_id = closing.calendar_id
        and stretches.last_day = closing.date

    group by all

)

select
    spans.period_grain,
    spans.period,
    spans.org_code,

    shown.name,
    shown.region_code,
    shown.sector_code,
    shown.dept_code,
    shown.parent_org,
    coalesce(worked.n_workdays, 0) as n_workdays,
    spans.workdays

from spans

inner join dim_org_period as shown
    on spans.period_grain = shown.period_grain
    and spans.period = shown.period
    and spans.org_code = shown.org_code

left join worked
    on spans.period_grain = worked.period_grain
    and spans.period = worked.period
    and spans.org_code = worked.org_code
