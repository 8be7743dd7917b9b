-- model: agg_variant_figure
-- grain: period_grain, period, process_code
-- kind:  table
-- order: period_grain, period, process_code
-- why:   how the cases of a process spread over variants in a month, quarter or year (M36). Distinct variants do not add up, and grow
--        with the number of cases: periods are compared by entropy, or as if each had 1,000 cases. Sums of millionths, so that
--        their order does not matter
with

counted as (

    select
        dim_period.period_grain,
        dim_period.period,
        variant.process_code,
        variant.variant_id,

        sum(variant.n)::bigint as n

    from agg_variant_month as variant

    inner join dim_period
        on variant.month >= dim_period.period
        and variant.month < dim_period.until

    group by all

),

ranked as (

    select
        *,

        (sum(n) over (partition by period_grain, period, process_code))::bigint as n_cases,
        row_number() over by_size as rank,
        (sum(n) over so_far)::bigint - n as before

    from counted

    window
        by_size as (partition by period_grain, period, process_code order by n desc, variant_id),
        so_far as (
            partition by period_grain, period, process_code
            order by n desc, variant_id
            rows between unbounded preceding and current row
        )

),

summed as (

    select
        period_grain,
        period,
        process_code,

        max(n_cases) as n_cases,
        count(*) as n_variants,
        sum(n) filter (rank = 1)::bigint as n_top_1,
        sum(n) filter (rank <= 5)::bigint as n_top_5,
        -- a variant is needed as long as those before it leave 80 % uncovered
        count(*) filter (before * 5 < n_cases * 4) as n_cover_80,
        sum(round(n * log2(n_cases / n::double) * 1000000)::hugeint) as entropy_micro,
        sum(round((1 - missed_share(n, n_cases, 1000)) * 1000000)::hugeint) filter (n_cases >= 1000) as rarefied_micro

    from ranked

    group by all

)

select * from summed
