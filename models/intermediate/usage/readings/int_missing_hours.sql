with meter_days as (

    select * from {{ ref('int_meter_days') }}

),

incomplete_days as (

    select
        meter_number,
        read_on,
        expected_hours,
        landed_hours,
        cast({{ each_integer('0', '23') }} as integer) as hour_of_day
    from meter_days
    where (expected_hours | landed_hours) != landed_hours

),

final as (

    select
        meter_number,
        {{ hour_start('read_on', 'hour_of_day') }} as read_at,
        read_on
    from incomplete_days
    where (expected_hours >> hour_of_day) & 1 = 1 and (landed_hours >> hour_of_day) & 1 = 0

)

select * from final
