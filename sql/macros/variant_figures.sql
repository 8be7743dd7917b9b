-- macro: variant_figures(since, until, region := '*', sector := '*', org := '*', section := '*', process := '*', drawn := 1000)
-- kind:  table
-- publish: yes
-- why:   how the cases of a unit spread over the variants of each process, over the months from since up to until (M36): distinct
--        variants, the share of the first and of the first five, how many cover 80 %, entropy in bits, and the variants to expect
--        among drawn cases. Units and periods of different size are compared by the last two only
with

counted as (

    select
        variant.process_code,
        variant.variant_id,

        sum(variant.n)::bigint as n

    from agg_variant_month as variant

    where variant.month >= since::date
        and variant.month < until::date
        and (region = '*' or region_in(variant.region_code, region))
        and (sector = '*' or variant.sector_code = sector)
        and (org = '*' or org_in(variant.org_code, org))
        and (section = '*' or variant.section_code = section)
        and (process = '*' or variant.process_code = process)

    group by all

),

ranked as (

    select
        *,

        (sum(n) over (partition by process_code))::bigint as n_cases,
        row_number() over by_size as rank,
        (sum(n) over so_far)::bigint - n as before

    from counted

    window
        by_size as (partition by process_code order by n desc, variant_id),
        so_far as (
            partition by process_code
            order by n desc, variant_id
            rows between unbounded preceding and current row
        )

),

read as (

    select
        *,

        round(n * log2(n_cases / n::double) * 1000000)::hugeint as entropy_micro,
        case when n_cases >= drawn then round((1 - missed_share(n, n_cases, drawn)) * 1000000)::hugeint end as rarefied_micro

    from ranked

)

select
    process_code,
    max(n_cases) as n_cases,
    count(*) as n_variants,
    sum(n) filter (rank = 1) / max(n_cases)::double as top_1_share,
    sum(n) filter (rank <= 5) / max(n_cases)::double as top_5_share,
    count(*) filter (before * 5 < n_cases * 4) as cover_80,
    sum(entropy_micro) / (max(n_cases) * 1000000.0::double) as entropy_bits,
    sum(rarefied_micro) / 1000000.0::double as rarefied

from read

group by all

order by process_code
