-- model: int_work_code
-- grain: period, code_hash
-- kind:  table
-- entity: record_id
-- why:   what the lists of a time say of the codes of a delivery (M92): how many codes it has that a loaded list could know, and
--        how many none does; `-` was never meant to be one. And its sector: as sent, else that of the section, else of the
--        department
with

codes as (

    select
        list_day.period,
        code.* exclude (day),

        min(code.day) as day

    from stg_work_code as code

    inner join int_list_day as list_day
        on code.day = list_day.day

    group by all

),

coded as (

    select
        code.period,
        code.day,
        code.code_hash,

        unnest([
            {'list': 'region', 'code': code.region_code},
            {'list': 'org', 'code': code.org_code},
            {'list': 'org', 'code': code.section_code},
            {'list': 'org', 'code': code.post_code},
            {'list': 'sector', 'code': code.sector_code},
            {'list': 'process', 'code': code.process_code},
            {'list': 'step', 'code': code.process_code || chr(31) || nullif(code.step_code, '-')},
            {'list': 'item', 'code': code.item_code},
            {'list': 'task', 'code': code.task_code}
        ], recursive := true)

    from codes as code

),

counted as (

    select
        coded.period,
        coded.code_hash,

        count(*) as codes,
        count(*) filter (known.code is null) as unknown_codes

    from coded

    inner join int_loaded_list as loaded
        on coded.list = loaded.list

    left join int_known_code as known
        on coded.list = known.list
        and coded.code = known.code
        and coded.day >= known.valid_from
        and coded.day < known.valid_to

    where coded.code not in ('-', '000000000000')

    group by all

)

select
    code.period,
    code.code_hash,

    coalesce(code.sector_code, section_sector.sector_code, org_sector.sector_code, '~') as sector_code,
    coalesce(counted.codes, 0) as codes,
    coalesce(counted.unknown_codes, 0) as unknown_codes,
    (coalesce(section_sector.sector_code, org_sector.sector_code) is not null and code.sector_code is not null)::integer as sectors,
    coalesce(code.sector_code <> coalesce(section_sector.sector_code, org_sector.sector_code), false)::integer as sector_mismatches

from codes as code

left join counted
    on code.period = counted.period
    and code.code_hash = counted.code_hash

left join int_org_sector as section_sector
    on code.section_code = section_sector.org_code
    and code.day >= section_sector.valid_from
    and code.day < section_sector.valid_to

left join int_org_sector as org_sector
    on code.org_code = org_sector.org_code
    and code.day >= org_sector.valid_from
    and code.day < org_sector.valid_to
