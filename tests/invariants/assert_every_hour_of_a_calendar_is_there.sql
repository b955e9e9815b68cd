-- If this fails, a day of a meter has more or fewer hours than its calendar: energy of hours that
-- were not read would be missing from its usage, or counted twice.

{%- set last_second = dbt.dateadd('second', -1, 'ends_at') %}
{%- set hours_from_first_to_last = dbt.datediff('starts_at', last_second, 'hour') %}

with days as (

    select
        int_daily_consumption.meter_number,
        int_daily_consumption.read_on,
        sum(int_daily_consumption.hours_expected) over (
            partition by int_daily_consumption.meter_number
        ) as hours_expected,
        case
            when int_meter_calendars.ends_at > int_meter_calendars.starts_at
                then {{ hours_from_first_to_last }} + 1
            else 0
        end as calendar_hours,
        int_daily_consumption.hours_held,
        int_meter_days.hours_wanted
    from {{ ref('int_daily_consumption') }} as int_daily_consumption
    left join {{ ref('int_meter_days') }} as int_meter_days
        on
        int_daily_consumption.meter_number = int_meter_days.meter_number
        and int_daily_consumption.read_on = int_meter_days.read_on
    left join {{ ref('int_meter_calendars') }} as int_meter_calendars
        on int_daily_consumption.meter_number = int_meter_calendars.meter_number

)

select *
from days
where
    hours_held is distinct from hours_wanted
    or hours_expected != calendar_hours
