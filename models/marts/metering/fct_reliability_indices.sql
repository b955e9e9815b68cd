-- IEEE 1366: an index of an area is the sum over its interrupted customers divided by all customers
-- served.

with served as (

    select * from {{ ref('int_served_customers') }}

),

interruption_months as (

    select * from {{ ref('int_interruption_months') }}

),

countings as (

    select 'all' as outages_counted
    union all
    select 'unplanned' as outages_counted

),

suffered as (

    select
        countings.outages_counted,
        served.district,
        served.feeder,
        served.month_start,
        {{ days_from('served.month_start', 'served.counted_on') }} + 1 as month_days,
        served.customers,
        served.customers * coalesce(interruption_months.sustained, 0) as sustained,
        served.customers * coalesce(interruption_months.momentary, 0) as momentary,
        served.customers * coalesce(interruption_months.sustained_seconds, 0) as seconds
    from served
    cross join countings
    left join interruption_months
        on
        served.feeder = interruption_months.feeder
        and served.month_start = interruption_months.month_start
        and countings.outages_counted = interruption_months.outages_counted

),

areas as (

    select
        'feeder' as area_type,
        suffered.feeder as area,
        suffered.*
    from suffered
    union all
    select
        'district' as area_type,
        suffered.district as area,
        suffered.*
    from suffered
    union all
    select
        'all' as area_type,
        'all' as area,
        suffered.*
    from suffered

),

summed as (

    select
        area_type,
        area,
        month_start,
        outages_counted,
        max(month_days) as month_days,
        sum(customers) as customers,
        sum(sustained) as sustained,
        sum(momentary) as momentary,
        sum(seconds) as seconds
    from areas
    group by area_type, area, month_start, outages_counted

),

final as (

    select
        area_type,
        area,
        month_start,
        outages_counted,
        cast(month_days as integer) as days_counted,
        cast(customers as bigint) as customers_served,
        cast(sustained as bigint) as customer_interruptions,
        cast(cast(seconds as double) / 60 as decimal(18, 3)) as customer_minutes,
        cast(cast(seconds as double) / 60 / customers as decimal(18, 6)) as saidi_minutes,
        cast(cast(sustained as double) / customers as decimal(18, 6)) as saifi,
        cast(cast(seconds as double) / 60 / nullif(sustained, 0) as decimal(18, 6))
            as caidi_minutes,
        cast(cast(momentary as double) / customers as decimal(18, 6)) as maifi,
        cast(
            1 - cast(seconds as double) / (cast(customers as double) * month_days * 86400)
            as decimal(9, 6)
        ) as asai
    from summed

)

select * from final
