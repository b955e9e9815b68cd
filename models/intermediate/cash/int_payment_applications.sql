-- What is applied per open-item invoice, or per balance-forward account, is matched to the payments
-- net of their own reversals, oldest first. Long, since both kinds of account end in the same rows.

with payments as (

    select * from {{ ref('int_payments') }}

),

parts as (

    select * from {{ ref('int_payment_parts') }}
    where invoice_id is not null

),

reversals as (

    select * from {{ ref('int_payment_reversals') }}

),

open_item_invoices as (

    select * from {{ ref('int_invoice_settlement') }}
    where cash_application = 'open_item' and paid_amount > 0

),

balance_forward_invoices as (

    select * from {{ ref('int_invoice_settlement') }}
    where cash_application = 'balance_forward'

),

reversed as (

    select
        payment_id,
        sum(amount) as reversed_amount
    from reversals
    group by payment_id

),

-- the amount to match to payments: what an open-item invoice holds, or a balance-forward account
held as (

    select
        cash_application,
        invoice_id as pool_id,
        currency,
        paid_amount as held_amount
    from open_item_invoices

    union all

    select
        cash_application,
        account_id as pool_id,
        currency,
        sum(paid_amount) as held_amount
    from balance_forward_invoices
    group by cash_application, account_id, currency

),

-- what each payment contributes to a pool: all of it, or the parts given by its allocation rows
claims as (

    select
        payments.payment_id,
        payments.payment_date,
        payments.cash_application,
        case
            when payments.cash_application = 'balance_forward' then payments.account_id
            else payments.invoice_id
        end as pool_id,
        payments.currency,
        payments.is_split,
        payments.amount_paid - coalesce(reversed.reversed_amount, 0) as net_amount
    from payments
    left join reversed
        on payments.payment_id = reversed.payment_id
    where
        payments.cash_application = 'balance_forward'
        or (payments.is_own_invoice and not payments.is_split)

    union all

    select
        payment_id,
        payment_date,
        'open_item' as cash_application,
        invoice_id as pool_id,
        currency,
        true as is_split,
        sum(amount) as net_amount
    from parts
    group by payment_id, payment_date, invoice_id, currency

),

-- the oldest payment of a pool comes first
stacked as (

    select
        claims.payment_id,
        claims.cash_application,
        claims.pool_id,
        claims.is_split,
        claims.net_amount,
        held.held_amount,
        sum(claims.net_amount) over (
            partition by claims.cash_application, claims.pool_id, claims.currency
            order by claims.payment_date, claims.payment_id
            rows between unbounded preceding and current row
        ) as received_to_date
    from claims
    left join held
        on
        claims.cash_application = held.cash_application
        and claims.pool_id = held.pool_id
        and claims.currency = held.currency

),

final as (

    select
        payment_id,
        cash_application,
        pool_id,
        is_split,
        cast(net_amount as decimal(18, 2)) as net_amount,
        cast(
            {{ clamp(
                'coalesce(held_amount, 0) - received_to_date + net_amount', '0', 'net_amount'
            ) }} as decimal(18, 2)
        ) as applied_amount
    from stacked

)

select * from final
