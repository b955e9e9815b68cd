-- Few readings arrive twice. Days on which a meter has more rows than hours are found first, then
-- their hours, so that only what stands there is sorted. The table is read twice: a CTE used twice
-- is kept in memory. Long by the columns that rank a row.

with landed as (

    select * from {{ source('raw_metering', 'readings') }}

),

landed_again as (

    select * from {{ source('raw_metering', 'readings') }}

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

on_crowded_days as (

    select
        landed_again.*,
        date_trunc('hour', landed_again.read_at) as in_hour
    from landed_again
    inner join crowded_days
        on
        landed_again.meter_number = crowded_days.meter_number
        and cast(landed_again.read_at as date) = crowded_days.read_on

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
        on_crowded_days.read_at != on_crowded_days.in_hour as is_off_the_hour
    from on_crowded_days
    inner join crowded_hours
        on
        on_crowded_days.meter_number = crowded_hours.meter_number
        and on_crowded_days.in_hour = crowded_hours.in_hour

),

-- a row that says how much goes before one that does not, then the first to arrive; what is told
-- between the hours shows that the row on the hour is not all of it
ranked as (

    select
        *,
        row_number() over (
            partition by meter_number, in_hour
            order by
                is_off_the_hour,
                case when _load_reasons is null then 0 else 1 end,
                case when kwh is null then 1 else 0 end,
                _batch_no nulls first,
                kwh nulls last,
                voltage nulls last,
                quality nulls first,
                _file_no nulls first,
                _source_line nulls first
        ) as key_rank,
        bool_or(is_off_the_hour) over (partition by meter_number, in_hour)
        or coalesce(
            min(kwh) over (partition by meter_number, in_hour)
            != max(kwh) over (partition by meter_number, in_hour),
            false
        ) as is_conflicting
    from in_crowded_hours

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

        -- verdict
        cast(key_rank as integer) as key_rank,
        is_conflicting,

        -- metadata
        _batch_no,
        _file_no,
        _source_line,
        _load_reasons
    from ranked

)

select * from final
