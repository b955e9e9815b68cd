with payments as (

    select * from {{ ref('stg_payments__payments') }}
    where is_accepted

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

credit_notes as (

    select * from {{ ref('stg_billing__credit_notes') }}
    where is_accepted

),

split_payments as (

    select payment_id
    from allocations
    where allocated_on <= {{ as_of_date() }}
    group by payment_id

),

-- "in full" means nothing before the invoice is issued: such a payment comes in on that day
visible as (

    select
        payments.payment_id,
        payments.account_id,
        payments.invoice_id,
        invoices.account_id as invoice_account_id,
        case
            when payments.amount_paid is null
                then greatest(payments.payment_date, invoices.invoice_date)
            else payments.payment_date
        end as payment_date,
        payments.amount_paid,
        invoices.invoiced_amount,
        payments.currency,
        payments.method
    from payments
    left join invoices
        on payments.invoice_id = invoices.invoice_id
    where
        payments.payment_date <= {{ as_of_date() }}
        and (payments.amount_paid is not null or invoices.invoice_id is not null)

),

-- "payment in full" without an amount pays what its invoice asks for that day
credited_before_full_payment as (

    select
        visible.payment_id,
        sum(credit_notes.amount) as credited_amount
    from visible
    inner join credit_notes
        on
        visible.invoice_id = credit_notes.invoice_id
        and visible.invoice_account_id = credit_notes.account_id
        and visible.payment_date >= credit_notes.credit_date
    where visible.amount_paid is null
    group by visible.payment_id

),

final as (

    select
        visible.payment_id,
        visible.account_id,
        visible.invoice_id,
        visible.invoice_account_id = visible.account_id as is_own_invoice,
        coalesce(accounts.cash_application, 'open_item') as cash_application,
        coalesce(accounts.cash_application, 'open_item') = 'open_item'
        and split_payments.payment_id is not null as is_split,
        visible.payment_date,
        cast(
            coalesce(
                visible.amount_paid,
                greatest(
                    visible.invoiced_amount
                    - coalesce(credited_before_full_payment.credited_amount, 0),
                    0
                )
            ) as decimal(18, 2)
        ) as amount_paid,
        visible.currency,
        visible.method
    from visible
    left join accounts
        on visible.account_id = accounts.account_id
    left join split_payments
        on visible.payment_id = split_payments.payment_id
    left join credited_before_full_payment
        on visible.payment_id = credited_before_full_payment.payment_id

)

select * from final
