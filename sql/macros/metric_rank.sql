-- macro: metric_rank(id, since, until, unit := 'org', region_level := null, peer_group := '*', enough := 30, target := null, before_since := null, before_until := null, region := '*', sector := '*', org := '*', section := '*', post := '*', process := '*', step := '*')
-- kind:  table
-- publish: yes
-- why:   M99, units ranked within their peer group: equal values share a place, units with fewer than enough have none.
--        standard is the value at the mix of all units that were asked for, over the unit's own cells of process and sector,
--        standard_share how much of that mix they are. Gaps and change are value minus the other, in percentage points for
--        ratios. For shares: Wilson's interval, the place by its careful end, bands of neighbours whose intervals
--        overlap, and whether the unit is outside the 95 % limits around the rate of its peer group (funnel)
with

latest as (

    select *

    from metric_standing(
        id, since, until, unit := unit, region_level := region_level, peer_group := peer_group, enough := enough,
        region := region, sector := sector, org := org, section := section, post := post, process := process, step := step
    )

),

before as (

    select *

    from metric_standing(
        id, coalesce(before_since::date, period_before(since, until)), coalesce(before_until::date, since::date),
        unit := unit, region_level := region_level, peer_group := peer_group, enough := enough,
        region := region, sector := sector, org := org, section := section, post := post, process := process, step := step
    )

),

grouped as (

    select
        clock,
        stat,
        own_group,

        count(*) filter (is_ranked) as units,
        min(key) filter (is_ranked) * min(turn) as best,
        quantile_cont(raw, 0.5) filter (is_ranked) as median,
        sum(num) / nullif(sum(den), 0)::double as rate

    from latest

    group by all

),

measured as (

    select
        latest.*,

        grouped.units,
        grouped.best,
        grouped.median,
        grouped.rate,
        before.raw as before_raw,
        before.n as before_n,
        before.place as before_place,
        case when latest.is_share then wilson(latest.num, latest.den, -1) end as low,
        case when latest.is_share then wilson(latest.num, latest.den, 1) end as high,
        case
            when latest.is_share and latest.is_ranked
                then 1.959963984540054::double * sqrt(grouped.rate * (1 - grouped.rate) / latest.den)
        end as limit_width,
        case
            when latest.metric_unit = 's' then 0.000001::double
            when latest.metric_unit = 'ratio' and latest.stat <> 'sum' then 100::double
            else 1::double
        end as scale,
        case when latest.metric_unit = 's' then 0.000001::double else 1::double end as shown

    from latest

    inner join grouped
        on latest.clock = grouped.clock
        and latest.stat = grouped.stat
        and latest.own_group = grouped.own_group

    left join before
        on latest.clock = before.clock
        and latest.stat = before.stat
        and latest.unit_code = before.unit_code

),

neighbours as (

    select
        *,

        case when turn = 1 then high else -low end as careful,
        case
            when is_ranked
                then lag(low) over in_order > high or lag(high) over in_order < low
        end as is_break

    from measured

    window in_order as (partition by clock, stat, own_group, is_ranked order by key, unit_code)

),

banded as (

    select
        *,

        case
            when is_ranked and careful is not null
                then rank() over (partition by clock, stat, own_group, is_ranked and careful is not null order by careful)
        end as careful_place,
        case
            when is_ranked and low is not null
                then 1 + count(*) filter (is_break) over (
                    partition by clock, stat, own_group, is_ranked
                    order by key, unit_code
                    rows between unbounded preceding and current row
                )
        end as band

    from neighbours

)

select
    clock,
    stat,
    own_group as peer_group,
    unit_code,
    name,

    place as rank,
    units,
    num::double * shown as num,
    den,
    n,
    raw * shown as value,
    standard_place as standard_rank,
    standard * shown as standard,
    standard_share,

    before_raw * shown as before_value,
    before_n,
    before_place as before_rank,
    before_place - place as places_won,
    (raw - before_raw) * scale as change,
    case when is_ranked then (raw - best) * scale end as gap_best,
    case when is_ranked then (raw - median) * scale end as gap_median,
    (raw * shown - target) * case when metric_unit = 'ratio' and stat <> 'sum' then 100 else 1 end as gap_target,

    low as wilson_low,
    high as wilson_high,
    careful_place as wilson_rank,
    band,
    case
        when limit_width is null then null
        when abs(raw - rate) <= limit_width then 'inside'
        when (raw - rate) * turn < 0 then 'better'
        else 'worse'
    end as funnel

from banded

order by
    clock,
    stat,
    own_group,
    place nulls last,
    unit_code
