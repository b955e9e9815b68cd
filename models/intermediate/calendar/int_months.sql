with days as (

    {{ days_between(
        "cast('" ~ var('calendar_from') ~ "' as date)", "cast('" ~ var('calendar_to') ~ "' as date)"
    ) }}

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
