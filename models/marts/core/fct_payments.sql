with payments as (

    select * from {{ ref('int_payments') }}

),

refunds as (

    select * from {{ ref('stg_payments__refunds') }}
    where is_accepted

),

settlement as (

    select * from {{ ref('int_invoice_settlement') }}

),

accounts as (

    select * from {{ ref('int_accounts') }}

),

reversed as (

    select
        payment_id,
        sum(amount) as reversed_amount
    from refunds
    where refund_date <= {{ as_of_date() }}
    group by payment_id

),

-- what there is to lay over payments: what an open-item invoice holds, or a balance-forward account
held as (

    select
        cash_application,
        invoice_id as pool_id,
        currency,
        paid_amount as held_amount
    from settlement
    where cash_application = 'open_item'
    union all
    select
        cash_application,
        account_id as pool_id,
        currency,
        sum(paid_amount) as held_amount
    from settlement
    where cash_application = 'balance_forward'
    group by cash_application, account_id, currency

),

netted as (

    select
        payments.*,
        accounts.cash_application,
        coalesce(reversed.reversed_amount, 0) as reversed_amount,
        payments.amount_paid - coalesce(reversed.reversed_amount, 0) as net_amount,
        case
            when accounts.cash_application = 'balance_forward' then payments.account_id
            when payments.is_own_invoice then payments.invoice_id
        end as pool_id
    from payments
    inner join accounts
        on payments.account_id = accounts.account_id
    left join reversed
        on payments.payment_id = reversed.payment_id

),

-- the oldest payment of a pool comes first
stacked as (

    select
        netted.*,
        coalesce(held.held_amount, 0) as held_amount,
        coalesce(
            sum(netted.net_amount) over (
                partition by netted.cash_application, netted.pool_id, netted.currency
                order by netted.payment_date, netted.payment_id
                rows between unbounded preceding and 1 preceding
            ),
            0
        ) as received_before
    from netted
    left join held
        on
        netted.cash_application = held.cash_application
        and netted.pool_id = held.pool_id
        and netted.currency = held.currency

),

applied as (

    select
        *,
        cast(
            {{ clamp('held_amount - received_before', '0', 'net_amount') }} as decimal(18, 2)
        ) as applied_amount
    from stacked

),

final as (

    select
        payment_id,
        account_id,
        invoice_id,
        payment_date,
        amount_paid,
        currency,
        method,
        cast(reversed_amount as decimal(18, 2)) as reversed_amount,
        applied_amount,
        cast(net_amount - applied_amount as decimal(18, 2)) as unapplied_amount,
        reversed_amount > 0 and reversed_amount = amount_paid as is_reversed
    from applied

)

select * from final
