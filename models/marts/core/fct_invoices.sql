with invoices as (

    select * from {{ ref('int_invoices_enriched') }}

),

settlement as (

    select * from {{ ref('int_invoice_settlement') }}

),

refunds as (

    select * from {{ ref('int_cash_movements') }}
    where cause = 'refund'

),

refunded as (

    select
        invoice_id,
        sum(amount) as refunded_amount
    from refunds
    group by invoice_id

),

final as (

    select
        settlement.invoice_id,
        settlement.account_id,
        invoices.customer_id,
        invoices.subscription_id,
        settlement.line_of_business,
        settlement.invoice_date,
        settlement.due_date,
        invoices.period_start,
        invoices.period_end,
        settlement.currency,
        settlement.invoiced_amount,
        settlement.credited_amount,
        settlement.net_due_amount,
        settlement.paid_amount,
        settlement.written_off_amount,
        settlement.outstanding_amount,
        settlement.overpaid_amount,
        cast(coalesce(refunded.refunded_amount, 0) as decimal(18, 2)) as refunded_amount,
        settlement.settled_date,
        settlement.days_to_settle,
        settlement.days_late,
        settlement.days_past_due,
        settlement.settlement_state,
        settlement.timeliness,
        settlement.ageing_bucket,
        settlement.is_disputed,
        settlement.is_small_balance
    from settlement
    inner join invoices
        on settlement.invoice_id = invoices.invoice_id
    left join refunded
        on settlement.invoice_id = refunded.invoice_id

)

select * from final
