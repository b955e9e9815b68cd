-- "Payment in full" without an amount pays what is open on its invoice that day. Nothing is open
-- before the invoice is issued: such a payment comes in on the day of issue.

with payments as (

    select * from {{ ref('stg_payments__payments') }}
    where is_accepted and payment_date <= {{ as_of_date() }}

),

allocations as (

    select * from {{ ref('stg_payments__payment_allocations') }}
    where is_accepted and allocated_on <= {{ as_of_date() }}

),

-- account, date and amount are as staging accepts them, so payments need not wait for int_invoices
invoices as (

    select * from {{ ref('stg_billing__invoices') }}
    where is_accepted and invoice_date <= {{ as_of_date() }}

),

credit_notes as (

    select * from {{ ref('stg_billing__credit_notes') }}
    where is_accepted

),

accounts as (

    select * from {{ ref('int_accounts') }}

),

split_payments as (

    select payment_id
    from allocations
    group by payment_id

),

unstated as (

    select
        payments.payment_id,
        invoices.invoice_id,
        invoices.account_id,
        greatest(payments.payment_date, invoices.invoice_date) as payment_date,
        invoices.amount as invoiced_amount
    from payments
    inner join invoices
        on payments.invoice_id = invoices.invoice_id
    where payments.amount_paid is null

),

full_payments as (

    select
        unstated.payment_id,
        unstated.payment_date,
        cast(
            greatest(unstated.invoiced_amount - coalesce(sum(credit_notes.amount), 0), 0)
            as decimal(18, 2)
        ) as amount_paid
    from unstated
    left join credit_notes
        on
        unstated.invoice_id = credit_notes.invoice_id
        and unstated.account_id = credit_notes.account_id
        and unstated.payment_date >= credit_notes.credit_date
    group by unstated.payment_id, unstated.payment_date, unstated.invoiced_amount

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
