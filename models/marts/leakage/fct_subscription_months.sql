with subscription_months as (

    select * from {{ ref('int_subscription_months') }}

),

final as (

    select
        subscription_id,
        period_start,
        account_id,
        plan_id,
        billing_date,
        expected_amount,
        currency,
        invoice_id,
        expected_amount > 0 and invoice_id is null and ghost_from <= as_of_date as is_ghost
    from subscription_months

)

select * from final
