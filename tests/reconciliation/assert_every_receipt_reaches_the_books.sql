-- If this fails, an accepted payment, reversal or credit note is missing from the balance of its
-- account, or is there twice. Payments in full without an amount are left out: what they are worth
-- is not in the row that came in.

with paid_in_full as (

    select invoice_id
    from {{ ref('stg_payments__payments') }}
    where is_accepted and amount_paid is null and invoice_id is not null
    group by invoice_id

),

visible as (

    select
        payments.currency,
        payments.amount_paid as received_amount,
        0 as reversed_amount,
        0 as credit_note_amount
    from {{ ref('stg_payments__payments') }} as payments
    where payments.is_accepted and payments.payment_date <= {{ as_of_date() }}

    union all

    select
        coalesce(payments.currency, invoices.currency) as currency,
        0 as received_amount,
        refunds.amount as reversed_amount,
        0 as credit_note_amount
    from {{ ref('stg_payments__refunds') }} as refunds
    left join {{ ref('stg_payments__payments') }} as payments
        on refunds.payment_id = payments.payment_id and payments.is_accepted
    left join {{ ref('stg_billing__invoices') }} as invoices
        on refunds.invoice_id = invoices.invoice_id and invoices.is_accepted
    where
        refunds.is_accepted
        and case
            when refunds.payment_id is null
                then
                    refunds.refund_date <= {{ as_of_date() }}
                    and refunds.invoice_id
                    not in (select paid_in_full.invoice_id from paid_in_full)
            else
                payments.amount_paid is not null
                and greatest(refunds.refund_date, payments.payment_date) <= {{ as_of_date() }}
        end

    union all

    select
        currency,
        0 as received_amount,
        0 as reversed_amount,
        amount as credit_note_amount
    from {{ ref('stg_billing__credit_notes') }}
    where is_accepted and credit_date <= {{ as_of_date() }}

),

unpriced_payments as (

    select
        priced.currency,
        sum(priced.amount_paid) as received_amount
    from {{ ref('fct_payments') }} as priced
    inner join {{ ref('stg_payments__payments') }} as payments
        on priced.payment_id = payments.payment_id
    where payments.is_accepted and payments.amount_paid is null
    group by priced.currency

),

unpriced_reversals as (

    select
        reversals.currency,
        sum(reversals.amount) as reversed_amount
    from {{ ref('int_payment_reversals') }} as reversals
    inner join {{ ref('stg_payments__refunds') }} as refunds
        on reversals.refund_id = refunds.refund_id and refunds.is_accepted
    inner join {{ ref('stg_payments__payments') }} as payments
        on reversals.payment_id = payments.payment_id and payments.is_accepted
    where
        case
            when refunds.payment_id is null
                then refunds.invoice_id in (select paid_in_full.invoice_id from paid_in_full)
            else payments.amount_paid is null
        end
    group by reversals.currency

),

accepted as (

    select
        currency,
        coalesce(sum(received_amount), 0) as received_amount,
        sum(reversed_amount) as reversed_amount,
        sum(credit_note_amount) as credit_note_amount
    from visible
    group by currency

),

booked as (

    select
        currency,
        sum(received_amount) as received_amount,
        sum(reversed_amount) as reversed_amount,
        sum(credit_note_amount) as credit_note_amount
    from {{ ref('int_account_balances') }}
    group by currency

)

select
    coalesce(booked.currency, accepted.currency) as currency,
    accepted.received_amount,
    booked.received_amount as booked_received_amount,
    accepted.reversed_amount,
    booked.reversed_amount as booked_reversed_amount,
    accepted.credit_note_amount,
    booked.credit_note_amount as booked_credit_note_amount
from booked
full outer join accepted
    on booked.currency = accepted.currency
left join unpriced_payments
    on booked.currency = unpriced_payments.currency
left join unpriced_reversals
    on booked.currency = unpriced_reversals.currency
where
    coalesce(booked.received_amount, 0) - coalesce(unpriced_payments.received_amount, 0)
    != coalesce(accepted.received_amount, 0)
    or coalesce(booked.reversed_amount, 0) - coalesce(unpriced_reversals.reversed_amount, 0)
    != coalesce(accepted.reversed_amount, 0)
    or coalesce(booked.credit_note_amount, 0) != coalesce(accepted.credit_note_amount, 0)
