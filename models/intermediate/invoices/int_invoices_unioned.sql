with subscription_invoices as (

    select * from {{ ref('int_subscription_invoices') }}

),

trade_credit_invoices as (

    select * from {{ ref('int_trade_credit_invoices') }}

),

utility_invoices as (

    select * from {{ ref('int_utility_invoices') }}

),

final as (

    select * from subscription_invoices
    union all
    select * from trade_credit_invoices
    union all
    select * from utility_invoices

)

select * from final
