with days as (

    {{ calendar_days() }}

),

final as (

    select
        cast(date_trunc('month', calendar_date) as date) as month_start,
        max(calendar_date) as month_end,
        cast(count(*) as integer) as days_in_month
    from days
    group by cast(date_trunc('month', calendar_date) as date)

)

select * from final
