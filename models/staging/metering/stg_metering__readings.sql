-- Readings are many, so a text key is made for the few rows that are rejected, and nothing is
-- sorted: rows that arrived more than once come, ranked, from `stg_metering__reading_repeats`.
-- Batches that are held as they are in the raw table are not read again, see
-- `forget_changed_readings`. Long, because a row's whole verdict stands in one model.
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook='{{ forget_changed_readings() }}',
) }}

with source as (

    select landed.* from {{ source('raw_metering', 'readings') }} as landed
    {% if is_incremental() %}where {{ is_unheld_reading('landed') }}{% endif %}

),

repeats as (

    select repeated.* from {{ ref('stg_metering__reading_repeats') }} as repeated
    {% if is_incremental() %}where {{ is_unheld_reading('repeated') }}{% endif %}

),

repeated_keys as (

    select
        meter_number,
        read_at
    from {{ ref('stg_metering__reading_repeats') }}
    group by meter_number, read_at

),

meters as (

    select meter_number
    from {{ ref('stg_metering__meters') }}
    where is_accepted
    group by meter_number

),

batches as (

    select * from {{ ref('stg_control__extract_batches') }}

),

landed as (

    select
        source.meter_number,
        source.read_at,
        source.kwh,
        source.voltage,
        source.quality,
        1 as key_rank,
        false as is_repeated,
        false as is_conflicting,
        source._batch_no,
        source._file_no,
        source._source_line,
        source._load_reasons
    from source
    left join repeated_keys
        on
        source.meter_number = repeated_keys.meter_number
        and source.read_at = repeated_keys.read_at
    where repeated_keys.meter_number is null
    union all
    select
        meter_number,
        read_at,
        kwh,
        voltage,
        quality,
        key_rank,
        true as is_repeated,
        is_conflicting,
        _batch_no,
        _file_no,
        _source_line,
        _load_reasons
    from repeats

),

resolved as (

    select
        landed.*,
        cast(landed.read_at as date) as read_on,
        meters.meter_number is not null as has_meter,
        landed.read_at != date_trunc('hour', landed.read_at) as is_off_the_hour,
        cast(landed.read_at as date) > batches.as_of_date as is_dated_after_extract
    from landed
    left join meters
        on landed.meter_number = meters.meter_number
    left join batches
        on landed._batch_no = batches.batch_no

),

judged as (

    select
        *,
        {{ rejection_reasons({
            'missing_meter': is_missing('meter_number'),
            'unknown_meter': 'meter_number is not null and not has_meter',
            'missing_time': is_missing('read_at'),
            'not_on_the_hour': 'is_off_the_hour',
            'energy_out_of_range': is_beyond('max_quantity', ['kwh', 'voltage']),
            'duplicate_key': 'key_rank > 1 and not is_off_the_hour'
        }) }} as rejection_reasons
    from resolved

),

final as (

    select
        -- ids
        meter_number,
        read_at,

        -- attributes
        quality,

        -- amounts
        kwh,
        voltage,

        -- dates
        read_on,

        -- flags
        is_repeated,
        is_conflicting,
        {{ alerts({
            'dated_after_extract': 'is_dated_after_extract',
            'unknown_quality': "quality not in ('estimated', 'no_signal', 'reverse', 'tamper')"
        }) }} as alerts,

        -- verdict
        rejection_reasons,
        case when key_rank > 1 and not is_off_the_hour then {{ reading_key() }} end as kept_key,
        rejection_reasons is null as is_accepted,

        -- metadata
        _batch_no as batch_no,
        _file_no as file_no,
        _source_line as source_line
    from judged

)

select * from final
