-- Readings are many, so a text key is made for the few rows that are rejected, and nothing is
-- sorted: rows that arrived more than once come, ranked, from `stg_metering__reading_repeats`.
-- Batches that are held as they are in the raw table are not read again, see
-- `delete_changed_readings`. Long, because a row's whole verdict stands in one model.
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook='{{ delete_changed_readings() }}',
) }}

with source as (

    select landed.* from {{ source('raw_metering', 'readings') }} as landed
    {% if is_incremental() %}where {{ is_missing_reading('landed') }}{% endif %}

),

repeats as (

    select repeated.* from {{ ref('stg_metering__reading_repeats') }} as repeated
    {% if is_incremental() %}where {{ is_missing_reading('repeated') }}{% endif %}

),

repeated_keys as (

    select
        meter_number,
        read_at,
        reading_form
    from {{ ref('stg_metering__reading_repeats') }}
    group by meter_number, read_at, reading_form

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

-- files whose readings are not hourly energies
forms as (

    select * from {{ ref('stg_control__extract_files') }}
    where reading_form is not null

),

landed as (

    select
        source.meter_number,
        source.read_at,
        source.kwh,
        source.voltage,
        source.quality,
        1 as key_rank,
        false as is_copy,
        false as is_repeated,
        false as is_conflicting,
        source._batch_no,
        source._file_no,
        source._source_line,
        source._load_reasons,
        forms.reading_kind,
        forms.interval_minutes
    from source
    left join forms
        on source._file_no = forms.file_no
    left join repeated_keys
        on
        source.meter_number = repeated_keys.meter_number
        and source.read_at = repeated_keys.read_at
        and forms.reading_form is not distinct from repeated_keys.reading_form
    where repeated_keys.meter_number is null
    union all
    select
        repeats.meter_number,
        repeats.read_at,
        repeats.kwh,
        repeats.voltage,
        repeats.quality,
        repeats.key_rank,
        repeats.is_copy,
        true as is_repeated,
        repeats.is_conflicting,
        repeats._batch_no,
        repeats._file_no,
        repeats._source_line,
        repeats._load_reasons,
        forms.reading_kind,
        forms.interval_minutes
    from repeats
    left join forms
        on repeats._file_no = forms.file_no

),

resolved as (

    select
        landed.*,
        cast(landed.read_at as date) as read_on,
        meters.meter_number is not null as has_meter,
        landed.reading_kind is not null as is_part,
        landed.key_rank > 1
        and (landed.reading_kind is not null or landed.read_at = date_trunc('hour', landed.read_at))
            as is_another,
        landed.reading_kind is null
        and landed.read_at != date_trunc('hour', landed.read_at) as is_off_the_hour,
        case
            when landed.reading_kind = 'energy'
                then {{ is_off_the_interval('landed.read_at', 'landed.interval_minutes') }}
        end as is_off_the_interval,
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
            'not_on_the_interval': 'is_off_the_interval',
            'energy_out_of_range': is_beyond('max_quantity', ['kwh', 'voltage']),
            'duplicate_key': 'is_another and is_copy',
            'conflicting_key': 'is_another and not is_copy'
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
        is_part,
        is_repeated,
        is_conflicting,
        {{ alerts({
            'dated_after_extract': 'is_dated_after_extract',
            'unknown_quality': "quality not in ('estimated', 'no_signal', 'reverse', 'tamper')",
            'negative_register': "reading_kind = 'register' and kwh < 0",
            'not_a_measurement': "reading_kind is distinct from 'register' and (" ~ is_beyond_any_meter('kwh') ~ ')'
        }) }} as alerts,

        -- verdict
        rejection_reasons,
        case when is_another then {{ reading_key() }} end as kept_key,
        rejection_reasons is null as is_accepted,

        -- metadata
        _batch_no as batch_no,
        _file_no as file_no,
        _source_line as source_line
    from judged

)

select * from final
