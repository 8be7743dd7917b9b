-- model: int_adjustment
-- grain: case_id, track, adjustment_no
-- kind:  table
-- entity: case_id
-- why:   what may move a due time, in time order: special procedures by the part that the ones before do not cover
--        already, and extensions. The measures are those of the limit's own unit, so that days of 7 and of 24 hours are
--        never added
with

tracks as (

    -- promised and statutory run from acceptance, message from the due time that the sender stated
    select
        case_id,

        'promised' as track,
        promised_limit as limit_n,
        promised_unit as unit,
        null::bigint as extend_cap_us,
        null::timestamptz as only_after

    from int_case

    where accepted_at is not null

    union all

    select
        case_id,

        'statutory' as track,
        statutory_limit as limit_n,
        statutory_unit as unit,
        -- by law at most 10 working days, 15 when several departments handle it together
        case
            when statutory_unit = 'wd' then limit_us(case when service_kind = 'joint' then 15 else 10 end::decimal(18, 3), 'wd')
        end as extend_cap_us,
        null::timestamptz as only_after

    from int_case

    where accepted_at is not null
        and statutory_limit is not null

    union all

    select
        stated.case_id,

        'message' as track,
        0::decimal(18, 3) as limit_n,
        int_case.promised_unit as unit,
        null::bigint as extend_cap_us,
        stated.stated_at as only_after

    from int_case_due_message as stated

    inner join int_case on stated.case_id = int_case.case_id

),

suspensions as (

    select
        tracks.case_id,
        tracks.track,
        suspension.pos,

        suspension.started_at,
        suspension.from_lt as at_lt,
        case
            when tracks.unit = 'wd' and suspension.limit_clock = 'date' then suspension.from_seq * 86400000000
            when tracks.unit = 'wd' then suspension.from_work24_us
            when tracks.unit = 'nd' then day_no(suspension.from_date) * 86400000000
            when tracks.unit in ('wh', 'wmin') then suspension.from_work_us
            else epoch_us(suspension.from_lt)
        end as from_us,
        case
            when tracks.unit = 'wd' and suspension.limit_clock = 'date' then suspension.credit_seq * 86400000000
            when tracks.unit = 'wd' then suspension.credit_work24_us
            when tracks.unit = 'nd' then day_no(suspension.credit_date) * 86400000000
            when tracks.unit in ('wh', 'wmin') then suspension.credit_work_us
            else epoch_us(suspension.credit_lt)
        end as to_us,
        -- the same in working days, for people
        suspension.from_seq * 86400000000 as from_days_us,
        suspension.credit_seq * 86400000000 as to_days_us

    from tracks

    inner join int_suspension as suspension
        on tracks.case_id = suspension.case_id
        and suspension.stops_case
        and (tracks.only_after is null or suspension.started_at > tracks.only_after)

),

merged as (

    select
        case_id,
        track,
        pos,

        at_lt,
        greatest(
            0,
            to_us - greatest(
                from_us,
                coalesce(
                    max(to_us) over (
                        partition by case_id, track
                        order by pos
                        rows between unbounded preceding and 1 preceding
                    ),
                    from_us
                )
            )
        ) as credit_us,
        greatest(
            0,
            to_days_us - greatest(
                from_days_us,
                coalesce(
                    max(to_days_us) over (
                        partition by case_id, track
                        order by pos
                        rows between unbounded preceding and 1 preceding
                    ),
                    from_days_us
                )
            )
        ) as credit_days_us,
        0::bigint as extend_us,
        0 as is_extension

    from suspensions

),

extensions as (

    -- days of one kind are not added to days of another: such an extension moves nothing and is flagged
    select
        tracks.case_id,
        tracks.track,
        event.pos,

        local_time(event.event_time) as at_lt,
        0::bigint as credit_us,
        0::bigint as credit_days_us,
        converted_us(event.extend_limit, coalesce(event.extend_unit, tracks.unit), tracks.unit, clock.day_us) as extend_us,
        1 as is_extension

    from tracks

    inner join int_case_clock as clock
        on tracks.case_id = clock.case_id

    inner join int_event as event
        on tracks.case_id = event.case_id
        and event.action = 'extend'
        and event.extend_limit is not null
        and (tracks.only_after is null or event.event_time > tracks.only_after)
        and (
            coalesce(event.extend_scope, 'both') = 'both'
            or (event.extend_scope = 'statutory') = (tracks.track = 'statutory')
        )

),

together as (

    select * from merged

    union all

    select * from extensions

),

numbered as (

    select
        case_id,
        track,
        row_number() over (partition by case_id, track order by pos)::bigint as adjustment_no,

        at_lt,
        credit_us,
        credit_days_us,
        coalesce(extend_us, 0) as extend_us,
        case when extend_us is null then 0 else is_extension end as is_extension,
        extend_us is null as is_lost

    from together

    union all

    -- number 0: the limit as it stands before anything moves it
    select
        case_id,
        track,
        0::bigint as adjustment_no,

        null::timestamp as at_lt,
        0::bigint as credit_us,
        0::bigint as credit_days_us,
        0::bigint as extend_us,
        0 as is_extension,
        false as is_lost

    from tracks

),

cumulated as (

    select
        numbered.case_id,
        numbered.track,
        numbered.adjustment_no,

        numbered.at_lt,
        (sum(numbered.credit_us) over so_far)::bigint as credit_us,
        (sum(numbered.credit_days_us) over so_far)::bigint as credit_days_us,
        -- least passes over null: without a cap all of it counts
        least((sum(numbered.extend_us) over so_far)::bigint, tracks.extend_cap_us) as extend_us,
        coalesce((sum(numbered.extend_us) over so_far) > tracks.extend_cap_us, false) as extended_too_far,
        sum(numbered.is_extension) over so_far as n_extensions,
        bool_or(numbered.is_lost) over so_far as extension_lost,
        tracks.limit_n,
        tracks.unit

    from numbered

    inner join tracks
        on numbered.case_id = tracks.case_id
        and numbered.track = tracks.track

    window so_far as (
        partition by numbered.case_id, numbered.track
        order by numbered.adjustment_no
        rows between unbounded preceding and current row
    )

)

select * from cumulated
