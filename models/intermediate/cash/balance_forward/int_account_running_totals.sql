-- Of one day the invoices come first, then credits, receipts and reversals.

with invoices as (

    select * from {{ ref('int_invoices') }}
    where cash_application = 'balance_forward'

),

cash_events as (

    select * from {{ ref('int_account_cash_events') }}

),

refunds as (

    select * from {{ ref('int_account_refunds') }}

),

events as (

    select
        account_id,
        currency,
        invoice_date as event_on,
        1 as event_order,
        'issue' as cause,
        invoice_id as source_id,
        invoiced_amount,
        cast(0 as decimal(18, 2)) as money_amount,
        cast(0 as decimal(18, 2)) as credit_amount
    from invoices

    union all

    -- a refund takes unapplied cash and credits the rest; a note that documents it counts once
    select
        cash_events.account_id,
        cash_events.currency,
        cash_events.event_on,
        cash_events.event_order,
        cash_events.cause,
        cash_events.source_id,
        cast(0 as decimal(18, 2)) as invoiced_amount,
        cast(
            case
                when cash_events.cause = 'refund' then -refunds.taken_amount
                else cash_events.amount - coalesce(refunds.taken_amount, 0)
            end as decimal(18, 2)
        ) as money_amount,
        cast(
            case
                when {{ is_credit('cash_events.cause') }}
                    then coalesce(refunds.credited_amount, cash_events.amount)
                else 0
            end as decimal(18, 2)
        ) as credit_amount
    from cash_events
    left join refunds
        on
        cash_events.account_id = refunds.account_id
        and cash_events.currency = refunds.currency
        and cash_events.cause = refunds.cause
        and cash_events.source_id = refunds.source_id

),

final as (

    select
        account_id,
        currency,
        event_on,
        event_order,
        cause,
        source_id,
        invoiced_amount,
        money_amount,
        credit_amount,
        row_number() over by_date as event_number,
        cast(sum(case when cause = 'issue' then 1 else 0 end) over by_date as bigint)
            as invoices_issued,
        sum(invoiced_amount) over by_date as charged_to_date,
        sum(money_amount) over by_date as money_to_date,
        sum(credit_amount) over by_date as credit_to_date
    from events
    window by_date as (
        partition by account_id, currency
        order by event_on, event_order, cause, source_id
        rows between unbounded preceding and current row
    )

)

select * from final
