-- Hours of readings that were not sent by the hour. Intervals add up to an hour where all of them
-- are there; otherwise it was not read. A span that is longer than an hour, or reaches into the
-- next, is spread evenly: its hours are estimates, their sum is exact. Where several forms cover an
-- hour, an hourly reading takes precedence, then the shorter interval, then the register. Long,
-- since three kinds of readings meet in one hour.

{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook="{{ delete_changed_meters() }}",
) }}

with meters as ({{ missing_meters() }}

),

forms as (

    select * from {{ ref('stg_control__extract_files') }}
    where reading_kind = 'energy' and interval_minutes <= 60

),

readings as (

    select * from {{ ref('stg_metering__readings') }}
    where is_accepted and meter_number in (select meters.meter_number from meters)

),

spans as (

    select
        *,
        date_trunc('hour', starts_at) as first_hour,
        cast(extract(minute from starts_at) * 60 + extract(second from starts_at) as integer)
            as late_seconds,
        {{ dbt.datediff('starts_at', 'ends_at', 'second') }}
            as seconds
    from {{ ref('int_reading_spans') }}
    where
        kwh is not null and starts_at < ends_at
        and meter_number in (select meters.meter_number from meters)

),

numbered as (

    select
        *,
        {{ each_integer(
            '0', 'cast(floor((late_seconds + seconds - 1) / cast(3600 as double)) as integer)'
        ) }} as hour_no
    from spans

),

-- the seconds of the span up to the hour, and up to its end
pieces as (

    select
        *,
        cast({{ dbt.dateadd('hour', 'hour_no', 'first_hour') }} as timestamp) as read_at,
        greatest(hour_no * 3600 - late_seconds, 0) as from_second,
        least(hour_no * 3600 + 3600 - late_seconds, seconds) as to_second
    from numbered

),

span_hours as (

    select
        meter_number,
        read_at,
        case
            when reading_kind = 'energy' then 'day'
            when bool_and(to_second - from_second = seconds) then 'register'
            else 'register_gap'
        end as derived_from,
        sum(
            {{ share_of_span('to_second', 'seconds', 'kwh') }}
            - {{ share_of_span('from_second', 'seconds', 'kwh') }}
        ) as kwh,
        max(ends_at) as known_at,
        max(batch_no) as batch_no
    from pieces
    group by meter_number, read_at, reading_kind
    -- an hour that is covered in part is unknown
    having sum(to_second - from_second) = 3600

),

hours as (

    select
        readings.meter_number,
        date_trunc('hour', {{ interval_edge('readings', 'forms') }}) as read_at,
        'intervals' as derived_from,
        case
            -- a value that is no measurement is kept visible, not summed
            when bool_or({{ is_beyond_any_meter('readings.kwh') }})
                then max_by(readings.kwh, abs(readings.kwh))
            when sum(case when readings.kwh is not null then forms.interval_minutes end) = 60
                then sum(readings.kwh)
        end as kwh,
        cast(sum(readings.voltage) as double) / nullif(count(readings.voltage), 0) as voltage,
        -- the quality remark that casts most doubt on the energy
        coalesce(
            max(case when readings.quality = 'reverse' then readings.quality end),
            max(case when readings.quality = 'estimated' then readings.quality end),
            min(readings.quality)
        ) as quality,
        bool_or(readings.is_repeated) as is_repeated,
        bool_or(readings.is_conflicting) as is_conflicting,
        cast(null as timestamp) as known_at,
        max(readings.batch_no) as batch_no
    from readings
    inner join forms
        on readings.file_no = forms.file_no
    group by readings.meter_number, date_trunc('hour', {{ interval_edge('readings', 'forms') }})
    union all
    select
        meter_number,
        read_at,
        derived_from,
        kwh,
        cast(null as double) as voltage,
        cast(null as {{ dbt.type_string() }}) as quality,
        false as is_repeated,
        false as is_conflicting,
        known_at,
        batch_no
    from span_hours

),

ranked as (

    select
        *,
        row_number() over (
            partition by meter_number, read_at
            order by
                case when kwh is null then 1 else 0 end,
                case derived_from when 'intervals' then 1 when 'day' then 3 else 2 end
        ) as form_rank
    from hours

),

final as (

    select
        ranked.meter_number,
        ranked.read_at,
        cast(ranked.read_at as date) as read_on,
        try_cast(ranked.kwh as decimal(18, 3)) as kwh,
        cast(ranked.voltage as decimal(18, 3)) as voltage,
        ranked.quality,
        ranked.derived_from,
        ranked.known_at,
        ranked.is_repeated,
        ranked.is_conflicting,
        ranked.batch_no,
        meters.meter_print
    from ranked
    inner join meters
        on ranked.meter_number = meters.meter_number
    left join readings
        on
        ranked.meter_number = readings.meter_number
        and ranked.read_at = readings.read_at
        and not readings.is_part
    where ranked.form_rank = 1 and readings.meter_number is null

)

select * from final
