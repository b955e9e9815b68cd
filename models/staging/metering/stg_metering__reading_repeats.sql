-- Few readings arrive twice. Days on which a meter has more rows than hours are found first, then
-- their hours, so that only what stands there is sorted. The table is read again for each: a CTE
-- used twice is kept in memory. Registers and other intervals repeat each other where they are of
-- one time and form. Long by the columns that rank a row.

with landed as (

    select * from {{ source('raw_metering', 'readings') }}

),

landed_parts as (

    select * from {{ source('raw_metering', 'readings') }}

),

landed_again as (

    select * from {{ source('raw_metering', 'readings') }}

),

landed_parts_again as (

    select * from {{ source('raw_metering', 'readings') }}

),

forms as (

    select * from {{ ref('stg_control__extract_files') }}
    where reading_form is not null

),

crowded_days as (

    select
        meter_number,
        cast(read_at as date) as read_on
    from landed
    where meter_number is not null and read_at is not null
    group by meter_number, cast(read_at as date)
    having count(*) > bit_count(bit_or({{ hour_bit('read_at') }}))

),

crowded_times as (

    select
        landed_parts.meter_number,
        landed_parts.read_at,
        forms.reading_form
    from landed_parts
    inner join forms
        on landed_parts._file_no = forms.file_no
    where landed_parts.meter_number is not null and landed_parts.read_at is not null
    group by landed_parts.meter_number, landed_parts.read_at, forms.reading_form
    having count(*) > 1

),

on_crowded_days as (

    select
        landed_again.*,
        date_trunc('hour', landed_again.read_at) as in_hour
    from landed_again
    inner join crowded_days
        on
        landed_again.meter_number = crowded_days.meter_number
        and cast(landed_again.read_at as date) = crowded_days.read_on
    left join forms
        on landed_again._file_no = forms.file_no
    where forms.file_no is null

),

crowded_hours as (

    select
        meter_number,
        in_hour
    from on_crowded_days
    group by meter_number, in_hour
    having count(*) > 1

),

in_crowded_hours as (

    select
        on_crowded_days.*,
        cast(null as {{ dbt.type_string() }}) as reading_form,
        on_crowded_days.read_at != on_crowded_days.in_hour as is_off_the_hour
    from on_crowded_days
    inner join crowded_hours
        on
        on_crowded_days.meter_number = crowded_hours.meter_number
        and on_crowded_days.in_hour = crowded_hours.in_hour
    union all
    select
        landed_parts_again.*,
        landed_parts_again.read_at as in_hour,
        forms.reading_form,
        false as is_off_the_hour
    from landed_parts_again
    inner join forms
        on landed_parts_again._file_no = forms.file_no
    inner join crowded_times
        on
        landed_parts_again.meter_number = crowded_times.meter_number
        and landed_parts_again.read_at = crowded_times.read_at
        and forms.reading_form = crowded_times.reading_form

),

-- what is told between the hours shows that the row on the hour is not all of it; what keeps a row
-- out by itself keeps it behind the others, too
judged as (

    select
        *,
        case
            when
                _load_reasons is not null or is_off_the_hour
                or {{ is_beyond('max_quantity', ['kwh', 'voltage']) }}
                then 'faulty'
        end as row_reasons,
        bool_or(is_off_the_hour) over of_hour
        or coalesce(min(kwh) over of_hour != max(kwh) over of_hour, false) as is_conflicting
    from in_crowded_hours
    window of_hour as (partition by meter_number, in_hour, reading_form)

),

-- a row that says how much goes before one that does not
ranked as (

    {{ rank_within_key(
        'meter_number, in_hour, reading_form',
        ['meter_number', 'read_at', 'kwh', 'voltage', 'quality'],
        before=[
            'case when landed.is_off_the_hour then 1 else 0 end',
            'case when landed.kwh is null then 1 else 0 end',
        ]
    ) }}

),

final as (

    select
        -- ids
        meter_number,
        read_at,

        -- attributes
        quality,
        reading_form,

        -- amounts
        kwh,
        voltage,

        -- verdict
        cast(key_rank as integer) as key_rank,
        is_copy,
        is_conflicting,
        is_off_the_hour,

        -- metadata
        _batch_no,
        _file_no,
        _source_line,
        _load_reasons
    from ranked

)

select * from final
