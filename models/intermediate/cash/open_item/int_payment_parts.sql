-- Only payments split by allocation rows: most have none, and are used as they are.

with payments as (

    select * from {{ ref('int_payments') }}
    where is_split

),

reversals as (

    select * from {{ ref('int_payment_reversals') }}
    where is_split

),

allocation_changes as (

    select * from {{ ref('int_allocation_changes') }}

),

split_payments as (

    select
        payment_id,
        account_id,
        currency,
        case when is_own_invoice then invoice_id end as invoice_id,
        payment_date,
        amount_paid
    from payments

),

-- the rest stays with the invoice the payment names: all of it, less what the rows hold
changes as (

    select
        payment_id,
        invoice_id,
        payment_date as part_on,
        'payment' as cause,
        payment_id as source_id,
        amount_paid as amount
    from split_payments

    union all

    select
        payment_id,
        invoice_id,
        reversed_on as part_on,
        cause,
        refund_id as source_id,
        -amount as amount
    from reversals

    union all

    select
        allocation_changes.payment_id,
        split_payments.invoice_id,
        allocation_changes.changed_on as part_on,
        allocation_changes.cause,
        allocation_changes.source_id,
        -allocation_changes.amount as amount
    from allocation_changes
    inner join split_payments
        on allocation_changes.payment_id = split_payments.payment_id

    union all

    select
        payment_id,
        invoice_id,
        changed_on as part_on,
        cause,
        source_id,
        amount
    from allocation_changes

),

final as (

    select
        changes.payment_id,
        split_payments.account_id,
        split_payments.currency,
        changes.invoice_id,
        split_payments.payment_date,
        changes.part_on,
        changes.cause,
        changes.source_id,
        cast(sum(changes.amount) as decimal(18, 2)) as amount
    from changes
    inner join split_payments
        on changes.payment_id = split_payments.payment_id
    group by
        changes.payment_id,
        split_payments.account_id,
        split_payments.currency,
        changes.invoice_id,
        split_payments.payment_date,
        changes.part_on,
        changes.cause,
        changes.source_id

)

select * from final
