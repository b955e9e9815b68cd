with payments as (

    select * from {{ ref('int_payments') }}

),

reversals as (

    select * from {{ ref('int_payment_reversals') }}

),

days as (

    select
        payments.payment_id,
        payments.amount_paid,
        reversals.reversed_on,
        sum(reversals.amount) as amount
    from reversals
    inner join payments
        on reversals.payment_id = payments.payment_id
    group by payments.payment_id, payments.amount_paid, reversals.reversed_on

),

running as (

    select
        *,
        amount_paid - sum(amount) over by_day as kept_after,
        amount_paid - sum(amount) over by_day + amount as kept_before
    from days
    window by_day as (
        partition by payment_id
        order by reversed_on
        rows between unbounded preceding and current row
    )

),

final as (

    select
        payment_id,
        -- what was not given back; once all was, what the last reversal took away
        cast(
            min(case when kept_after > 0 then kept_after else kept_before end)
            filter (where kept_before > 0) as decimal(18, 2)
        ) as kept_amount,
        min(reversed_on) filter (where kept_after <= 0) as reversed_in_full_on
    from running
    group by payment_id

)

select * from final
