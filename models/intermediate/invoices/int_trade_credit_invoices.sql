with invoices as (

    select * from {{ ref('int_invoices_completed') }}
    where line_of_business = 'trade_credit'

),

final as (

    select
        invoice_id,
        account_id,
        customer_id,
        subscription_id,
        meter_number,
        line_of_business,
        cash_application,
        invoice_date,
        due_date,
        period_start,
        period_end,
        invoiced_amount,
        statement_amount,
        currency
    from invoices

)

select * from final
