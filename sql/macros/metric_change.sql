-- macro: metric_change(id, since, until, before_since := null, before_until := null, region := '*', sector := '*', org := '*', section := '*', post := '*', process := '*', step := '*', calendar := 'CN')
-- kind:  table
-- publish: yes
-- why:   M98, one metric against an earlier period; by default the one of the same length just before. difference is in
--        percentage points for ratios and in the unit of the metric else, relative is the share of the earlier value and not
--        given for ratios; both are null where a side has fewer than min_n, relative also where the earlier value is 0.
--        A difference of ratios or means is within + mix over cells of process and sector, exactly: change inside the cells
--        at their mean shares, change of the shares at the mean rates. standard is the value at the mix of the whole lake in
--        both periods, over the cells that both sides have; where it moves against the crude value, direction says mix.
--        Working days are those up to the version's time
with

latest as (

    select
        *,

        'latest' as side

    from metric_leaf(
        id, since, until,
        region := region, sector := sector, org := org, section := section, post := post, process := process, step := step
    )

),

before as (

    select
        *,

        'before' as side

    from metric_leaf(
        id,
        coalesce(before_since::date, period_before(since, until)),
        coalesce(before_until::date, since::date),
        region := region, sector := sector, org := org, section := section, post := post, process := process, step := step
    )

),

sides as (

    select * from latest

    union all

    select * from before

),

totals as (

    select
        clock,
        stat,

        coalesce(sum(num) filter (side = 'latest'), 0) as num,
        coalesce(sum(den) filter (side = 'latest'), 0) as den,
        coalesce(sum(n) filter (side = 'latest'), 0) as n,
        coalesce(sum(num) filter (side = 'before'), 0) as before_num,
        coalesce(sum(den) filter (side = 'before'), 0) as before_den,
        coalesce(sum(n) filter (side = 'before'), 0) as before_n

    from sides

    group by all

),

cells as (

    select
        clock,
        stat,
        process_code,
        sector_code,

        coalesce(sum(num) filter (side = 'latest'), 0) as num,
        coalesce(sum(den) filter (side = 'latest'), 0) as den,
        coalesce(sum(num) filter (side = 'before'), 0) as before_num,
        coalesce(sum(den) filter (side = 'before'), 0) as before_den

    from sides

    group by all

),

-- the mix of everybody, whatever was asked for, but for the same processes and steps
everybody as (

    select
        clock,
        stat,
        process_code,
        sector_code,

        sum(den) as weight

    from (
        select * from metric_leaf(id, since, until, process := process, step := step)

        union all

        select *

        from metric_leaf(
            id,
            coalesce(before_since::date, period_before(since, until)),
            coalesce(before_until::date, since::date),
            process := process, step := step
        )
    )

    group by all

),

rated as (

    select
        cells.clock,
        cells.stat,
        cells.process_code,
        cells.sector_code,

        -- a cell of one period only has that period's rate in both: it is all mix
        coalesce(
            cells.num / nullif(cells.den, 0)::double,
            cells.before_num / nullif(cells.before_den, 0)::double
        ) as rate,
        coalesce(
            cells.before_num / nullif(cells.before_den, 0)::double,
            cells.num / nullif(cells.den, 0)::double
        ) as before_rate,
        cells.den / nullif(totals.den, 0)::double as share,
        cells.before_den / nullif(totals.before_den, 0)::double as before_share,
        -- what ends without having begun in the period belongs to no share
        (cells.den = 0 and cells.num <> 0) or (cells.before_den = 0 and cells.before_num <> 0) as is_loose,
        case when cells.den > 0 and cells.before_den > 0 then everybody.weight else 0 end as weight

    from cells

    inner join totals
        on cells.clock = totals.clock
        and cells.stat = totals.stat

    left join everybody
        on cells.clock = everybody.clock
        and cells.stat = everybody.stat
        and cells.process_code = everybody.process_code
        and cells.sector_code = everybody.sector_code

    where cells.den > 0
        or cells.before_den > 0
        or cells.num <> 0
        or cells.before_num <> 0

),

split as (

    select
        clock,
        stat,

        case
            when not bool_or(is_loose)
                then list_sum(list(
                    (rate - before_rate) * (share + before_share) / 2
                    order by process_code, sector_code
                ))
        end as within,
        case
            when not bool_or(is_loose)
                then list_sum(list(
                    (share - before_share) * (rate + before_rate) / 2
                    order by process_code, sector_code
                ))
        end as mix,
        list_sum(list(rate * weight order by process_code, sector_code) filter (weight > 0))
        / nullif(sum(weight), 0)::double as standard,
        list_sum(list(before_rate * weight order by process_code, sector_code) filter (weight > 0))
        / nullif(sum(weight), 0)::double as before_standard

    from rated

    group by all

),

workdays as (

    select
        count(*) filter (date >= since::date and date < until::date) as workdays,
        count(*) filter (
            date >= coalesce(before_since::date, period_before(since, until))
            and date < coalesce(before_until::date, since::date)
        ) as before_workdays

    from dim_date

    where calendar_id = calendar
        and is_work
        and date <= local_date(as_of() - interval 1 microsecond)

),

valued as (

    select
        totals.*,

        declared.unit,
        declared.min_n,
        declared.unit = 'ratio' and totals.stat <> 'sum' as is_ratio,
        case
            when declared.unit = 's' then 0.000001::double
            when declared.unit = 'ratio' and totals.stat <> 'sum' then 100::double
            else 1::double
        end as scale,
        case
            when totals.stat = 'sum' then totals.num::double
            else totals.num / nullif(totals.den, 0)::double
        end as raw,
        case
            when totals.stat = 'sum' then totals.before_num::double
            else totals.before_num / nullif(totals.before_den, 0)::double
        end as before_raw,
        totals.n >= declared.min_n and totals.before_n >= declared.min_n as is_enough,
        case when totals.stat <> 'sum' then split.within end as within,
        case when totals.stat <> 'sum' then split.mix end as mix,
        case when totals.stat <> 'sum' then split.standard end as standard,
        case when totals.stat <> 'sum' then split.before_standard end as before_standard,
        workdays.workdays,
        workdays.before_workdays

    from totals

    inner join dim_metric as declared
        on declared.metric_id = id

    left join split
        on totals.clock = split.clock
        and totals.stat = split.stat

    cross join workdays

)

select
    clock,
    stat,
    unit,

    case when unit = 's' then seconds(num) else num::double end as num,
    den,
    case when unit = 's' then seconds(raw) else raw end as value,
    n,
    case when unit = 's' then seconds(before_num) else before_num::double end as before_num,
    before_den,
    case when unit = 's' then seconds(before_raw) else before_raw end as before_value,
    before_n,

    case when is_enough then (raw - before_raw) * scale end as difference,
    case when is_enough and not is_ratio then (raw - before_raw) / nullif(before_raw, 0) end as relative,
    case when is_enough then within * scale end as within,
    case when is_enough then mix * scale end as mix,
    case when unit = 's' then seconds(standard) else standard end as standard,
    case when unit = 's' then seconds(before_standard) else before_standard end as before_standard,
    case when is_enough then (standard - before_standard) * scale end as standard_difference,
    case
        when not is_enough or raw is null or before_raw is null then null
        when raw = before_raw then 'level'
        when (raw - before_raw) * (standard - before_standard) < 0 then 'mix'
        when raw > before_raw then 'up'
        else 'down'
    end as direction,

    workdays,
    before_workdays,
    case when unit = 's' then seconds(num) else num::double end / nullif(workdays, 0) as num_per_workday,
    case when unit = 's' then seconds(before_num) else before_num::double end / nullif(before_workdays, 0) as before_num_per_workday,
    den / nullif(workdays, 0)::double as den_per_workday,
    before_den / nullif(before_workdays, 0)::double as before_den_per_workday,
    min_n

from valued

order by
    clock,
    stat
