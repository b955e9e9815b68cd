-- The running totals of a balance-forward account: what it was charged and what money came in,
-- after each of its dated facts. Of one day the invoices come first, then credits, receipts and
-- reversals.

with invoices as (

    select * from {{ ref('int_invoices_unioned') }}
    where cash_application = 'balance_forward'

),

money as (

    select * from {{ ref('int_account_money') }}

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
        money.account_id,
        money.currency,
        money.money_date as event_on,
        money.event_order,
        money.cause,
        money.source_id,
        cast(0 as decimal(18, 2)) as invoiced_amount,
        cast(
            case
                when money.cause = 'refund' then -refunds.taken_amount
                else money.amount - coalesce(refunds.taken_amount, 0)
            end as decimal(18, 2)
        ) as money_amount,
        cast(
            case
                when money.cause in ('credit_note', 'refund')
                    then coalesce(refunds.credited_amount, money.amount)
                else 0
            end as decimal(18, 2)
        ) as credit_amount
    from money
    left join refunds
        on
        money.account_id = refunds.account_id
        and money.currency = refunds.currency
        and money.cause = refunds.cause
        and money.source_id = refunds.source_id

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
        sum(invoiced_amount) over by_date as owed_to_date,
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
