with payments as (

    select * from {{ ref('stg_payments__payments') }}
    where is_accepted and payment_date <= {{ as_of_date() }}

),

full_payments as (

    select * from {{ ref('int_full_payments') }}

),

allocations as (

    select * from {{ ref('stg_payments__payment_allocations') }}
    where is_accepted

),

invoices as (

    select * from {{ ref('int_invoices_unioned') }}

),

accounts as (

    select * from {{ ref('int_accounts') }}

),

split_payments as (

    select payment_id
    from allocations
    where allocated_on <= {{ as_of_date() }}
    group by payment_id

),

final as (

    select
        payments.payment_id,
        payments.account_id,
        payments.invoice_id,
        invoices.account_id = payments.account_id as is_own_invoice,
        -- what came in on an unknown account can only be applied by name
        coalesce(accounts.cash_application, 'open_item') as cash_application,
        coalesce(accounts.cash_application, 'open_item') = 'open_item'
        and split_payments.payment_id is not null as is_split,
        coalesce(full_payments.payment_date, payments.payment_date) as payment_date,
        coalesce(payments.amount_paid, full_payments.amount_paid) as amount_paid,
        payments.currency,
        payments.method
    from payments
    left join full_payments
        on payments.payment_id = full_payments.payment_id
    left join invoices
        on payments.invoice_id = invoices.invoice_id
    left join accounts
        on payments.account_id = accounts.account_id
    left join split_payments
        on payments.payment_id = split_payments.payment_id
    -- a payment in full of an invoice not yet issued has no amount yet
    where payments.amount_paid is not null or full_payments.payment_id is not null

)

select * from final
