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

reversed as (

    select
        payment_id,
        sum(amount) as reversed_amount
    from refunds
    where refund_date <= {{ as_of_date() }}
    group by payment_id

),

netted as (

    select
        payments.*,
        coalesce(reversed.reversed_amount, 0) as reversed_amount,
        payments.amount_paid - coalesce(reversed.reversed_amount, 0) as net_amount,
        case when payments.is_own_invoice then settlement.paid_amount else 0 end
            as applied_to_invoice
    from payments
    left join reversed
        on payments.payment_id = reversed.payment_id
    left join settlement
        on payments.invoice_id = settlement.invoice_id

),

-- what an invoice holds is laid over the payments that name it, the oldest first
stacked as (

    select
        *,
        coalesce(
            sum(net_amount) over (
                partition by invoice_id, is_own_invoice
                order by payment_date, payment_id
                rows between unbounded preceding and 1 preceding
            ),
            0
        ) as received_before
    from netted

),

applied as (

    select
        *,
        cast(
            case
                when applied_to_invoice > 0
                    then {{ clamp('applied_to_invoice - received_before', '0', 'net_amount') }}
                else 0
            end as decimal(18, 2)
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
