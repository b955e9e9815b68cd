-- Read once from end to end: what is needed to know of a day before its hours are looked at.

with readings as (

    select * from {{ ref('stg_metering__readings') }}
    where is_accepted

),

final as (

    select
        meter_number,
        read_on,
        min(read_at) as first_read_at,
        cast(bit_or({{ hour_bit('read_at') }}) as bigint) as landed_hours,
        cast(count(*) as integer) as landed_rows,
        cast(count(kwh) as integer) as read_rows,
        cast(sum(kwh) as decimal(18, 3)) as raw_kwh,
        cast(sum(voltage) as decimal(18, 3)) as raw_voltage,
        cast(sum(length(quality)) as integer) as quality_letters,
        cast(sum(batch_no) as bigint) as batch_total,
        cast(count(case when is_repeated then 1 end) as integer) as repeated_rows,
        cast(count(case when is_conflicting then 1 end) as integer) as conflicting_rows
    from readings
    group by meter_number, read_on

)

select * from final
