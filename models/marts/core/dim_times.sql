with hours as (

    select {{ each_integer(0, 23) }} as hour_of_day

),

final as (

    select
        cast(hour_of_day as integer) as time_key,
        cast(hour_of_day as integer) as hour_of_day,
        case
            when hour_of_day < 6 then 'night'
            when hour_of_day < 12 then 'morning'
            when hour_of_day < 18 then 'afternoon'
            else 'evening'
        end as day_part,
        hour_of_day in ({{ var('peak_hours') | join(', ') }}) as is_peak
    from hours

)

select * from final
