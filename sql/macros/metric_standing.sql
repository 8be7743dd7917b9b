-- macro: metric_standing(id, since, until, unit := 'org', region_level := null, peer_group := '*', enough := 30, region := '*', sector := '*', org := '*', section := '*', post := '*', process := '*', step := '*')
-- kind:  table
-- why:   one period of metric_rank: values, values at the mix of all units, and ranks within the peer group. key is the
--        value turned so that less is better
with

cells as (

    select *

    from metric_units(
        id, since, until, unit := unit, region_level := region_level,
        region := region, sector := sector, org := org, section := section, post := post, process := process, step := step
    )

),

weighted as (

    select
        *,

        sum(den) over (partition by clock, stat, process_code, sector_code) as weight

    from cells

),

everybody as (

    select
        clock,
        stat,
        sum(den) as weight

    from cells

    group by all

),

peers as (

    select
        org_code as unit_code,
        short_name as name,
        peer_group as own_group

    from dim_org

    where unit in ('org', 'section', 'post')

    union all

    select
        region_code as unit_code,
        name,
        peer_group as own_group

    from dim_region

    where unit = 'region'

),

summed as (

    select
        weighted.clock,
        weighted.stat,
        weighted.unit_code,

        sum(weighted.num) as num,
        sum(weighted.den) as den,
        sum(weighted.n) as n,
        list_sum(list(
            weighted.num / weighted.den::double * weighted.weight
            order by weighted.process_code, weighted.sector_code
        ) filter (weighted.den > 0))
        / nullif(sum(weighted.weight) filter (weighted.den > 0), 0)::double as standard,
        sum(weighted.weight) filter (weighted.den > 0)
        / nullif(min(everybody.weight), 0)::double as standard_share

    from weighted

    inner join everybody
        on weighted.clock = everybody.clock
        and weighted.stat = everybody.stat

    group by all

),

valued as (

    select
        summed.* exclude (standard, standard_share),

        coalesce(peers.name, summed.unit_code) as name,
        coalesce(peers.own_group, '~') as own_group,
        case
            when summed.stat = 'sum' then summed.num::double
            else summed.num / nullif(summed.den, 0)::double
        end as raw,
        case when summed.stat <> 'sum' then summed.standard end as standard,
        case when summed.stat <> 'sum' then summed.standard_share end as standard_share,
        declared.unit = 'ratio' and summed.stat = 'rate' and summed.num >= 0 and summed.num <= summed.den as is_share,
        case when declared.direction = 'down' then 1 else -1 end as turn,
        declared.unit as metric_unit

    from summed

    inner join dim_metric as declared
        on declared.metric_id = id

    left join peers
        on summed.unit_code = peers.unit_code

),

keyed as (

    select
        *,

        raw * turn as key,
        raw is not null and n >= enough and unit_code <> '~' as is_ranked

    from valued

    where peer_group = '*'
        or own_group = peer_group

),

ranked as (

    select
        *,

        case when is_ranked then rank() over (partition by clock, stat, own_group, is_ranked order by key) end as place,
        case
            when is_ranked and standard is not null
                then rank() over (
                    partition by clock, stat, own_group, is_ranked and standard is not null
                    order by standard * turn
                )
        end as standard_place

    from keyed

)

select * from ranked
