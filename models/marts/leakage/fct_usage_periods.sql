with usage_periods as (

    select * from {{ ref('int_usage_periods') }}

),

final as (

    select
        account_id,
        period_start,
        billing_date,
        usage_kwh,
        rate_schedule,
        lowest_rate,
        highest_rate,
        amount_source,
        expected_amount,
        currency,
        invoice_id,
        is_chargeable and invoice_id is null and ghost_from <= as_of_date as is_ghost
    from usage_periods

)

select * from final
