with payments as (

    select * from {{ ref('int_payments') }}

),

refunds as (

    select * from {{ ref('stg_payments__refunds') }}
    where is_accepted

),

-- what goes back cannot go back before it came in
visible as (

    select
        refunds.refund_id,
        refunds.refund_kind as cause,
        payments.payment_id,
        payments.account_id,
        payments.currency,
        payments.cash_application,
        payments.is_split,
        case when payments.is_own_invoice then payments.invoice_id end as invoice_id,
        greatest(refunds.refund_date, payments.payment_date) as reversed_on,
        refunds.amount,
        payments.amount_paid
    from refunds
    inner join payments
        on refunds.payment_id = payments.payment_id
    where refunds.refund_date <= {{ as_of_date() }}

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
