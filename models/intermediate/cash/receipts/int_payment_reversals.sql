with payments as (

    select * from {{ ref('int_payments') }}

),

refunds as (

    select * from {{ ref('stg_payments__refunds') }}
    where is_accepted and refund_date <= {{ as_of_date() }}

),

invoice_reversals as (

    select * from {{ ref('int_invoice_reversals') }}

),

-- one that names only its invoice is matched to the payments for it
laid as (

    select
        refund_id,
        refund_kind,
        payment_id,
        refund_date,
        amount
    from refunds
    where payment_id is not null

    union all

    select
        invoice_reversals.refund_id,
        refunds.refund_kind,
        invoice_reversals.payment_id,
        invoice_reversals.reversed_on as refund_date,
        invoice_reversals.amount
    from invoice_reversals
    inner join refunds
        on invoice_reversals.refund_id = refunds.refund_id

),

-- money cannot go back before it came in
visible as (

    select
        laid.refund_id,
        laid.refund_kind as cause,
        payments.payment_id,
        payments.account_id,
        payments.currency,
        payments.cash_application,
        payments.is_split,
        case when payments.is_own_invoice then payments.invoice_id end as invoice_id,
        greatest(laid.refund_date, payments.payment_date) as reversed_on,
        laid.amount,
        payments.amount_paid
    from laid
    inner join payments
        on laid.payment_id = payments.payment_id

),

running as (

    select
        *,
        sum(amount) over by_date - amount as reversed_before,
        sum(amount) over by_date as reversed_after
    from visible
    window by_date as (
        partition by payment_id
        order by reversed_on, refund_id
        rows between unbounded preceding and current row
    )

),

-- staging rejects a reversal beyond its payment, except where the payment came without an amount
final as (

    select
        refund_id,
        cause,
        payment_id,
        account_id,
        currency,
        cash_application,
        is_split,
        invoice_id,
        reversed_on,
        cast(least(reversed_before, amount_paid) as decimal(18, 2)) as reversed_before,
        cast(
            least(reversed_after, amount_paid) - least(reversed_before, amount_paid)
            as decimal(18, 2)
        ) as amount
    from running

)

select * from final
