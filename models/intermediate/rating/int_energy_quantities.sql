with usages as (

    select * from {{ ref('int_metered_usages') }}

),

bills as (

    select * from {{ ref('int_metered_bills') }}
    where billed_kwh is not null

),

final as (

    select
        'usage' as quantity_type,
        usage_id as quantity_id,
        usage_kwh as kwh,
        cycle_end as rated_on,
        rate_schedule,
        consumer_type,
        connected_load_kw
    from usages
    union all
    select
        'bill' as quantity_type,
        invoice_id as quantity_id,
        billed_kwh as kwh,
        charged_on as rated_on,
        rate_schedule,
        consumer_type,
        connected_load_kw
    from bills

)

select * from final
