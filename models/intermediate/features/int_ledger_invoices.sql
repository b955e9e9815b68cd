with invoices as (

    select * from {{ ref('int_invoices') }}

),

ledgers as (

    select * from {{ ref('int_ledgers') }}

),

final as (

    select
        invoices.invoice_id,
        ledgers.ledger_no,
        {{ day_number('invoices.invoice_date') }} as issued_day,
        {{ day_number('invoices.due_date') }} as due_day,
        cast(invoices.invoiced_amount as decimal(18, 2)) as invoiced_amount
    from invoices
    inner join ledgers
        on
        invoices.account_id = ledgers.account_id
        and invoices.currency = ledgers.currency

)

select * from final
