-- A reversal that names its invoice takes back the newest money first: payments form a stack and
-- reversals take from the top, so a payment keeps what the stack never fell below on a later day.

with refunds as (

    select * from {{ ref('stg_payments__refunds') }}
    where is_accepted and refund_date <= {{ as_of_date() }}

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
        invoices.account_id,
        invoices.currency,
        case when refunds.taken_from = 'invoice' then refunds.invoice_id end as stack_invoice_id,
        refunds.refund_date as moved_on,
        1 as side,
        refunds.refund_id as move_id,
        -refunds.amount as amount
    from refunds
    inner join invoices
        on refunds.invoice_id = invoices.invoice_id
    where refunds.payment_id is null

),

stacks as (

    select
        account_id,
        currency,
        stack_invoice_id
    from reversals
    group by account_id, currency, stack_invoice_id

),

taken_by_name as (

    select
        payment_id,
        sum(amount) as amount
    from refunds
    where payment_id is not null
    group by payment_id

),

moves as (

    select
        payments.account_id,
        payments.currency,
        payments.invoice_id as stack_invoice_id,
        payments.payment_date as moved_on,
        0 as side,
        payments.payment_id as move_id,
        greatest(payments.amount_paid - coalesce(taken_by_name.amount, 0), 0) as amount
    from payments
    inner join stacks
        on
        payments.account_id = stacks.account_id
        and payments.currency = stacks.currency
        and payments.invoice_id is not distinct from stacks.stack_invoice_id
    left join taken_by_name
        on payments.payment_id = taken_by_name.payment_id

    union all

    select * from reversals

),

running as (

    select
        *,
        sum(amount) over by_date as level_after,
        row_number() over by_date as move_number
    from moves
    window by_date as (
        partition by account_id, currency, stack_invoice_id
        order by moved_on, side, move_id
        rows between unbounded preceding and current row
    )

),

kept as (

    select
        reversed.move_id as refund_id,
        reversed.moved_on as reversed_on,
        received.move_id as payment_id,
        reversed.move_number,
        received.amount,
        {{ clamp(
            'min(reversed.level_after) over by_reversal - received.level_after + received.amount',
            '0', 'received.amount'
        ) }} as kept_amount
    from running as received
    inner join running as reversed
        on
        received.account_id = reversed.account_id
        and received.currency = reversed.currency
        and received.stack_invoice_id is not distinct from reversed.stack_invoice_id
        and received.move_number < reversed.move_number
    where received.side = 0 and reversed.side = 1
    window by_reversal as (
        partition by received.move_id
        order by reversed.move_number
        rows between unbounded preceding and current row
    )

),

taken as (

    select
        refund_id,
        payment_id,
        reversed_on,
        coalesce(lag(kept_amount) over (partition by payment_id order by move_number), amount)
        - kept_amount as amount
    from kept

),

final as (

    select * from taken
    where amount > 0

)

select * from final
