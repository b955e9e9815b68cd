-- Oldest first, whatever a payment names: an invoice owns the interval [owed_before, owed_after) of
-- its account's cumulative charges and holds what part of it the account's money covers to date.
-- Credit notes alone, by the same formula, give what is credited; the rest of the holding is cash.

with invoices as (

    select * from {{ ref('int_invoices_unioned') }}
    where cash_application = 'balance_forward'

),

money as (

    select * from {{ ref('int_account_money') }}

),

invoice_intervals as (

    select
        *,
        sum(invoiced_amount) over by_issue - invoiced_amount as owed_before,
        sum(invoiced_amount) over by_issue as owed_after
    from invoices
    window by_issue as (
        partition by account_id, currency
        order by invoice_date, invoice_id
        rows between unbounded preceding and current row
    )

),

-- money of an invoice's own day comes after the invoice
events as (

    select
        account_id,
        currency,
        cast(null as {{ dbt.type_string() }}) as invoice_id,
        money_date as event_on,
        1 as event_order,
        cause,
        source_id,
        amount,
        credit_amount
    from money

    union all

    select
        account_id,
        currency,
        invoice_id,
        invoice_date as event_on,
        0 as event_order,
        'issue' as cause,
        invoice_id as source_id,
        0 as amount,
        0 as credit_amount
    from invoices

),

running as (

    select
        *,
        sum(amount) over by_date as money_after,
        sum(amount) over by_date - amount as money_before,
        sum(credit_amount) over by_date as credit_after,
        sum(credit_amount) over by_date - credit_amount as credit_before
    from events
    window by_date as (
        partition by account_id, currency
        order by event_on, event_order, cause, source_id
        rows between unbounded preceding and current row
    )

),

-- a money event moves the invoices already issued whose interval it crosses
moved_by_money as (

    select
        invoice_intervals.invoice_id,
        running.account_id,
        running.currency,
        running.event_on as movement_on,
        case when running.cause = 'credit_note' then 'unapplied_cash' else running.cause end
            as cash_cause,
        running.source_id,
        {{ clamp('running.money_after', 'owed_before', 'owed_after') }}
        - {{ clamp('running.money_before', 'owed_before', 'owed_after') }} as held_change,
        {{ clamp('running.credit_after', 'owed_before', 'owed_after') }}
        - {{ clamp('running.credit_before', 'owed_before', 'owed_after') }} as credit_change
    from running
    inner join invoice_intervals
        on
        running.account_id = invoice_intervals.account_id
        and running.currency = invoice_intervals.currency
        and running.event_on >= invoice_intervals.invoice_date
    where
        running.cause != 'issue'
        and greatest(running.money_before, running.money_after, running.credit_after)
        > invoice_intervals.owed_before
        and least(running.money_before, running.money_after, running.credit_before)
        < invoice_intervals.owed_after

),

-- money that was waiting lands on an invoice the day it is issued
moved_by_issue as (

    select
        invoice_intervals.invoice_id,
        running.account_id,
        running.currency,
        running.event_on as movement_on,
        'unapplied_cash' as cash_cause,
        running.source_id,
        {{ clamp('running.money_after', 'owed_before', 'owed_after') }}
        - invoice_intervals.owed_before as held_change,
        {{ clamp('running.credit_after', 'owed_before', 'owed_after') }}
        - invoice_intervals.owed_before as credit_change
    from running
    inner join invoice_intervals
        on running.invoice_id = invoice_intervals.invoice_id
    where running.money_after > invoice_intervals.owed_before

),

moved as (

    select * from moved_by_money
    union all
    select * from moved_by_issue

),

movements as (

    select
        *,
        'credit_note' as cause,
        credit_change as amount
    from moved
    where credit_change != 0

    union all

    select
        *,
        cash_cause as cause,
        held_change - credit_change as amount
    from moved
    where held_change != credit_change

),

final as (

    select
        invoice_id,
        account_id,
        currency,
        movement_on,
        cause,
        source_id,
        cast(amount as decimal(18, 2)) as amount
    from movements

)

select * from final
