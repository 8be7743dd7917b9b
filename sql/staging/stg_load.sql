-- model: stg_load
-- grain: load_id
-- kind:  table
-- why:   the loads of files with their state; the log of what was done to them stays in the lake
with

actions as (

    select
        load_id,
        action,

        "at" as acted_at,
        file,
        bytes,
        mapping,
        contract,
        topic,
        records,
        rejects,
        reason

    from lake.loads

),

summed as (

    select
        load_id,

        min_by(file, acted_at) filter (action = 'start') as file,
        min_by(bytes, acted_at) filter (action = 'start') as bytes,
        min_by(mapping, acted_at) filter (action = 'start') as mapping,
        min_by(contract, acted_at) filter (action = 'start') as contract,
        min_by(topic, acted_at) filter (action = 'start') as topic,
        max_by(records, acted_at) filter (action = 'finish') as records,
        max_by(rejects, acted_at) filter (action = 'finish') as rejects,
        min(acted_at) filter (action = 'start') as started_at,
        max(acted_at) filter (action = 'finish') as finished_at,
        -- of two in one instant the void holds: leaving a load out can be seen and mended
        max_by(action, (epoch_us(acted_at), action)) filter (action in ('void', 'unvoid')) as last_void,
        max_by(reason, acted_at) filter (action in ('void', 'unvoid')) as reason

    from actions

    group by all

),

stated as (

    select
        * exclude (last_void),

        case
            when last_void = 'void' then 'voided'
            when finished_at is null then 'started'
            else 'finished'
        end as state

    from summed

)

select * from stated
