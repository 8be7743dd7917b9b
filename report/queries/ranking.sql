-- query: ranking
-- grain: code; and one row for the whole (is_total)
-- why:   the units of one dimension ($by: region, sector, org) side by side. Regions are the ones a level below, each
--        with all below it; departments are those of the region itself. A rank is one among peers (M99): units with fewer
--        than $minimum_rank cases due and the region's own share have none; ties share one. The first twenty of those that
--        are too small are listed
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
        ancestor.region_code,
        below.code

    from dim_region_ancestor as ancestor

    inner join below
        on ancestor.ancestor_code = below.code

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
        and (
            $by <> 'org'
            or $region = '*'
            or m.org_code in (select own.org_code from dim_org as own where own.region_code = $region)
        )

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

units as (

    select 'region' as by, region_code as code, name, peer_group from dim_region
    union all
    select 'sector' as by, sector_code as code, name, '~' as peer_group from dim_sector
    union all
    select 'org' as by, org_code as code, name, peer_group from dim_org

),

figures as (

    select
        sums.*,

        coalesce(units.name, sums.code) as name,
        $by = 'region' and sums.code = $region as is_own,
        case
            when sums.is_total then 'total'
            when $by = 'region' and sums.code = $region then 'own'
            when sums.n < $minimum_rank then 'small'
            when coalesce(units.peer_group, '~') = '~' then 'ranked'
            else units.peer_group
        end as peers,
        sums.finished / nullif(sums.accepted, 0) as finish_rate,
        sums.on_time_cases / nullif(sums.n, 0) as on_time,
        sums.on_time_cases_previous / nullif(sums.n_previous, 0) as on_time_previous,
        sums.duration / nullif(sums.mean_n, 0) as mean,
        coalesce(units.peer_group, '~') as peer_group

    from sums

    left join units
        on sums.code = units.code
        and units.by = $by

    where sums.accepted > 0 or sums.n > 0 or sums.mean_n > 0

),

ranked as (

    select
        *,

        case when peers not in ('total', 'own', 'small') then rank() over (
            partition by peers
            order by on_time desc
        ) end as rank,
        case when not is_total and not is_own and n_previous >= $minimum_rank then rank() over (
            partition by peer_group, is_total, is_own, n_previous >= $minimum_rank
            order by on_time_previous desc
        ) end as rank_previous,
        max(on_time) filter (is_total) over () as on_time_total,
        row_number() over (partition by peers order by n desc, accepted desc, code) as nth,
        count(*) filter (not is_total) over () as total

    from figures

)

select
    code,
    name,
    is_total,
    is_own,
    peers,

    rank,
    case when rank is not null then rank_previous end as rank_previous,
    accepted,
    accepted_previous,
    finished,
    finish_rate,
    on_time,
    on_time_previous,
    n,
    n_previous,
    mean,
    mean_n,
    overdue,
    on_time_total,
    on_time_total - on_time as gap,
    total

from ranked

where peers <> 'small' or nth <= 20

order by is_total, peers = 'small', peers = 'own', peers, rank, n desc, accepted desc, code
