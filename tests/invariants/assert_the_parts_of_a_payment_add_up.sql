-- If this fails, splitting a payment made or lost money: its parts add up to its amount less its
-- reversals, and on no day was one of them negative.

with changes as (

    select
        payment_id,
        invoice_id,
        part_on,
        sum(amount) as amount
    from {{ ref('int_payment_parts') }}
    group by payment_id, invoice_id, part_on

),

held as (

    select
        payment_id,
        part_on,
        amount,
        sum(amount) over (
            partition by payment_id, invoice_id
            order by part_on
            rows between unbounded preceding and current row
        ) as held_amount
    from changes

),

parts as (

    select
        payment_id,
        sum(amount) as amount,
        min(held_amount) as least_held_amount
    from held
    group by payment_id

),

reversed as (

    select
        payment_id,
        sum(amount) as reversed_amount
    from {{ ref('int_payment_reversals') }}
    group by payment_id

)

select
    payments.payment_id,
    payments.amount_paid,
    reversed.reversed_amount,
    parts.amount,
    parts.least_held_amount
from {{ ref('int_payments') }} as payments
left join parts
    on payments.payment_id = parts.payment_id
left join reversed
    on payments.payment_id = reversed.payment_id
where
    payments.is_split
    and (
        payments.amount_paid - coalesce(reversed.reversed_amount, 0) is distinct from parts.amount
        or parts.least_held_amount < 0
    )
