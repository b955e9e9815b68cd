-- A reversal that names its invoice takes back the newest money first: a bounced payment came in
-- last, and of a payment made twice the second is given back. Payments form a stack and reversals
-- take from the top, so a payment keeps the part that the stack never fell below on a later day.

with refunds as (

    select * from {{ ref('stg_payments__refunds') }}
    where is_accepted and payment_id is null and refund_date <= {{ as_of_date() }}

),

named_refunds as (

    select * from {{ ref('stg_payments__refunds') }}
    where is_accepted and payment_id is not null and refund_date <= {{ as_of_date() }}

),

invoices as (

    select * from {{ ref('stg_billing__invoices') }}
    where is_accepted

),

payments as (

    select * from {{ ref('int_payments') }}

),

reversals as (

    select
        refunds.refund_id,
        refunds.refund_date,
        refunds.amount,
        invoices.account_id,
        invoices.currency,
        case when refunds.taken_from = 'invoice' then refunds.invoice_id end as pile_invoice_id
    from refunds
    inner join invoices
        on refunds.invoice_id = invoices.invoice_id

),

piles as (

    select
        account_id,
        currency,
        pile_invoice_id
    from reversals
    group by account_id, currency, pile_invoice_id

),

taken_by_payment as (

    select
        payment_id,
        sum(amount) as amount
    from named_refunds
    group by payment_id

),

moves as (

    select
        payments.account_id,
        payments.currency,
        payments.invoice_id as pile_invoice_id,
        payments.payment_date as moved_on,
        0 as side,
        payments.payment_id as move_id,
        greatest(payments.amount_paid - coalesce(taken_by_payment.amount, 0), 0) as amount
    from payments
    inner join piles
        on
        payments.account_id = piles.account_id
        and payments.currency = piles.currency
        and payments.invoice_id is not distinct from piles.pile_invoice_id
    left join taken_by_payment
        on payments.payment_id = taken_by_payment.payment_id

    union all

    select
        account_id,
        currency,
        pile_invoice_id,
        refund_date as moved_on,
        1 as side,
        refund_id as move_id,
        -amount as amount
    from reversals

),

running as (

    select
        *,
        sum(amount) over by_date as level_after,
        row_number() over by_date as move_number
    from moves
    window by_date as (
        partition by account_id, currency, pile_invoice_id
        order by moved_on, side, move_id
        rows between unbounded preceding and current row
    )

),

came_in as (

    select
        *,
        level_after - amount as level_before
    from running
    where side = 0

),

went_back as (

    select * from running
    where side = 1

),

kept as (

    select
        went_back.move_id as refund_id,
        went_back.moved_on as reversed_on,
        came_in.move_id as payment_id,
        went_back.move_number,
        came_in.amount,
        {{ clamp(
            'min(went_back.level_after) over by_reversal - came_in.level_before',
            '0', 'came_in.amount'
        ) }} as kept_amount
    from came_in
    inner join went_back
        on
        came_in.account_id = went_back.account_id
        and came_in.currency = went_back.currency
        and came_in.pile_invoice_id is not distinct from went_back.pile_invoice_id
        and came_in.move_number < went_back.move_number
    window by_reversal as (
        partition by came_in.move_id
        order by went_back.move_number
        rows between unbounded preceding and current row
    )

),

taken as (

    select
        refund_id,
        payment_id,
        reversed_on,
        coalesce(
            lag(kept_amount) over (partition by payment_id order by move_number), amount
        ) - kept_amount as amount
    from kept

),

final as (

    select
        refund_id,
        payment_id,
        reversed_on,
        cast(amount as decimal(18, 2)) as amount
    from taken
    where amount > 0

)

select * from final
