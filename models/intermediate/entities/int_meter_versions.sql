{%- set stated_load -%}
    try_cast({{ json_text('spells.meter_image', 'connected_load_kw') }} as decimal(18, 3))
{%- endset -%}

-- A change feed dates every change of a meter. Without one the meter's current row is taken to have
-- held throughout, except for a dated status: before that day the meter was Active.

with changes as (

    select * from {{ ref('int_status_changes') }}
    where source_table = 'raw_metering.meters'

),

meters as (

    select * from {{ ref('stg_metering__meters') }}
    where is_accepted

),

fed as (

    select entity_key as meter_id
    from changes
    group by entity_key

),

undated as (

    select
        meters.*,
        case when meters.status != 'Active' then cast(meters.updated_at as date) end as changed_on
    from meters
    left join fed
        on meters.meter_id = fed.meter_id
    where fed.meter_id is null

),

statuses as (

    select
        entity_key as meter_id,
        meter_image,
        status,
        changed_on,
        true as is_from_feed,
        false as is_undated
    from changes

    union all

    select
        meter_id,
        null as meter_image,
        case when changed_on is null then coalesce(status, 'Active') else 'Active' end as status,
        {{ beginning_of_time() }} as changed_on,
        false as is_from_feed,
        changed_on is null as is_undated
    from undated

    union all

    select
        meter_id,
        null as meter_image,
        status,
        changed_on,
        false as is_from_feed,
        false as is_undated
    from undated
    where changed_on is not null

),

spells as (

    select
        *,
        row_number() over (partition by meter_id order by changed_on) as spell_number,
        lead(changed_on) over (partition by meter_id order by changed_on) as next_changed_on
    from statuses

),

-- fields missing from an event come from the row
final as (

    select
        spells.meter_id,
        coalesce({{ json_text('spells.meter_image', 'meter_number') }}, meters.meter_number)
            as meter_number,
        coalesce({{ json_text('spells.meter_image', 'account_id') }}, meters.account_id)
            as account_id,
        coalesce({{ json_text('spells.meter_image', 'consumer_type') }}, meters.consumer_type)
            as consumer_type,
        coalesce({{ json_text('spells.meter_image', 'rate_schedule') }}, meters.rate_schedule)
            as rate_schedule,
        coalesce({{ json_text('spells.meter_image', 'district') }}, meters.district) as district,
        coalesce({{ json_text('spells.meter_image', 'feeder') }}, meters.feeder) as feeder,
        case
            when {{ stated_load }} between 0 and {{ var('max_quantity') }} then {{ stated_load }}
            else meters.connected_load_kw
        end as connected_load_kw,
        spells.status,
        case when spells.spell_number = 1 then {{ beginning_of_time() }} else spells.changed_on end
            as valid_from,
        coalesce(spells.next_changed_on, {{ end_of_time() }}) as valid_to,
        spells.is_from_feed,
        spells.is_undated
    from spells
    left join meters
        on spells.meter_id = meters.meter_id

)

select * from final
