-- query: ranking
-- grain: code; and one row for the whole (is_total)
-- why:   the units of one dimension ($by: region, sector, org) side by side. Regions are the ones a level below, each
--        with all below it. Units with fewer than $minimum_rank cases due have no rank; ties share one
with

below as (

    select
        region_code as code,
        name

    from dim_region

    where
        not external
        and (parent_code = $region or ($region = '*' and parent_code = '~'))

),

inside as (

    select
        sent.region_code,
        below.code

    from (select distinct region_code from v_metric_month) as sent

    cross join below

    where region_in(sent.region_code, below.code)

),

leaf as (

    select
        case $by
            -- a code that lies in no region below, such as the city's own, stands for itself
            when 'region' then coalesce(inside.code, m.region_code)
            when 'sector' then m.sector_code
            else m.org_code
        end as code,

        m.metric_id,
        m.month >= $from::date as is_current,
        m.num,
        m.den

    from v_metric_month as m

    left join inside
        on m.region_code = inside.region_code

    where
        m.metric_id in ('M10', 'M21a', 'M22', 'M26')
        and m.clock in ('-', 'work')
        and m.month >= $previous_from::date
        and m.month < $to::date
        and ($region = '*' or region_in(m.region_code, $region))
        and ($sector = '*' or m.sector_code = $sector)
        and ($org = '*' or m.org_code = $org)

),

sums as (

    select
        code,
        grouping(code) = 1 as is_total,

        coalesce(sum(den) filter (metric_id = 'M21a' and is_current), 0)::bigint as accepted,
        coalesce(sum(den) filter (metric_id = 'M21a' and not is_current), 0)::bigint as accepted_previous,
        coalesce(sum(num) filter (metric_id = 'M21a' and is_current), 0)::bigint as finished,
        coalesce(sum(num) filter (metric_id = 'M22' and is_current), 0)::bigint as on_time_cases,
        coalesce(sum(den) filter (metric_id = 'M22' and is_current), 0)::bigint as n,
        coalesce(sum(num) filter (metric_id = 'M22' and not is_current), 0)::bigint as on_time_cases_previous,
        coalesce(sum(den) filter (metric_id = 'M22' and not is_current), 0)::bigint as n_previous,
        sum(num) filter (metric_id = 'M10' and is_current) as duration,
        coalesce(sum(den) filter (metric_id = 'M10' and is_current), 0)::bigint as mean_n,
        coalesce(sum(num) filter (metric_id = 'M26' and is_current), 0)::bigint as overdue

    from leaf

    group by grouping sets ((code), ())

),

figures as (

    select
        *,

        finished / nullif(accepted, 0) as finish_rate,
        on_time_cases / nullif(n, 0) as on_time,
        on_time_cases_previous / nullif(n_previous, 0) as on_time_previous,
        duration / nullif(mean_n, 0) as mean

    from sums

),

ranked as (

    select
        *,

        case when not is_total and n >= $minimum_rank then rank() over (
            partition by is_total, n >= $minimum_rank
            order by on_time desc
        ) end as rank,
        case when not is_total and n_previous >= $minimum_rank then rank() over (
            partition by is_total, n_previous >= $minimum_rank
            order by on_time_previous desc
        ) end as rank_previous,
        max(on_time) filter (is_total) over () as on_time_total

    from figures

),

names as (

    select 'region' as by, region_code as code, name from dim_region
    union all
    select 'sector' as by, sector_code as code, name from dim_sector
    union all
    select 'org' as by, org_code as code, name from dim_org

)

select
    ranked.code,
    coalesce(names.name, ranked.code) as name,
    ranked.is_total,

    ranked.rank,
    ranked.rank_previous,
    ranked.accepted,
    ranked.accepted_previous,
    ranked.finished,
    ranked.finish_rate,
    ranked.on_time,
    ranked.on_time_previous,
    ranked.n,
    ranked.n_previous,
    ranked.mean,
    ranked.mean_n,
    ranked.overdue,
    ranked.on_time_total,
    ranked.on_time_total - ranked.on_time as gap

from ranked

left join names
    on ranked.code = names.code
    and names.by = $by

where ranked.accepted > 0 or ranked.n > 0 or ranked.mean_n > 0

order by ranked.is_total, ranked.rank nulls last, ranked.n desc, ranked.code
