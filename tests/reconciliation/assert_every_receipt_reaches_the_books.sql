-- If this fails, an accepted payment, reversal or credit note is missing from the balance of its
-- account, or is there twice. Payments in full without an amount are left out: what they are worth
-- is not in the row that came in.

with visible as (

    select
        payments.currency,
        payments.amount_paid as received_amount,
        0 as reversed_amount,
        0 as credit_note_amount
    from {{ ref('stg_payments__payments') }} as payments
    where payments.is_accepted and payments.payment_date <= {{ as_of_date() }}

    union all

    select
        payments.currency,
        0 as received_amount,
        refunds.amount as reversed_amount,
        0 as credit_note_amount
    from {{ ref('stg_payments__refunds') }} as refunds
    inner join {{ ref('stg_payments__payments') }} as payments
        on refunds.payment_id = payments.payment_id and payments.is_accepted
    where
        refunds.is_accepted
        and payments.amount_paid is not null
        and greatest(refunds.refund_date, payments.payment_date) <= {{ as_of_date() }}

    union all

    select
        currency,
        0 as received_amount,
        0 as reversed_amount,
        amount as credit_note_amount
    from {{ ref('stg_billing__credit_notes') }}
    where is_accepted and credit_date <= {{ as_of_date() }}

),

unpriced as (

    select
        balances.currency,
        sum(balances.amount_paid) as received_amount,
        sum(balances.reversed_amount) as reversed_amount
    from {{ ref('fct_payments') }} as balances
    inner join {{ ref('stg_payments__payments') }} as payments
        on balances.payment_id = payments.payment_id
    where payments.is_accepted and payments.amount_paid is null
    group by balances.currency

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
    booked.currency,
    accepted.received_amount,
    booked.received_amount as booked_received_amount,
    accepted.reversed_amount,
    booked.reversed_amount as booked_reversed_amount,
    accepted.credit_note_amount,
    booked.credit_note_amount as booked_credit_note_amount
from booked
left join accepted
    on booked.currency = accepted.currency
left join unpriced
    on booked.currency = unpriced.currency
where
    booked.received_amount - coalesce(unpriced.received_amount, 0)
    != coalesce(accepted.received_amount, 0)
    or booked.reversed_amount - coalesce(unpriced.reversed_amount, 0)
    != coalesce(accepted.reversed_amount, 0)
    or booked.credit_note_amount != coalesce(accepted.credit_note_amount, 0)
