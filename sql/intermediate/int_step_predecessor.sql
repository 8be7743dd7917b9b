-- model: int_step_predecessor
-- grain: process_code, ver, step_code, holds_from, predecessor
-- kind:  table
-- why:   what must have ended before a step begins, each step by itself: a procedure that is named stands for its steps. Steps of
--        one parallel group never wait for each other
with

named as (

    select
        process_code,
        ver,
        step_code,
        holds_from,
        holds_to,

        parallel_group,
        trim(unnest(string_split(predecessors, ';'))) as named_step

    from int_step_version

    where predecessors is not null

),

members as (

    select
        named.process_code,
        named.ver,
        named.step_code,
        greatest(named.holds_from, under.holds_from) as holds_from,
        under.step_code as predecessor,

        max(least(named.holds_to, under.holds_to)) as holds_to

    from named

    inner join int_step_under as under
        on named.process_code = under.process_code
        and named.ver = under.ver
        and named.named_step = under.at_code
        and named.holds_from < under.holds_to
        and named.holds_to > under.holds_from

    left join int_step_version as other
        on under.process_code = other.process_code
        and under.ver = other.ver
        and under.step_code = other.step_code
        and under.holds_from = other.holds_from

    where under.step_code <> named.step_code
        and coalesce(named.parallel_group <> other.parallel_group, true)

    group by all

)

select * from members
