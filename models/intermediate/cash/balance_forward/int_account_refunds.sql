-- A refund of a balance-forward account gives back unapplied money first; the rest counts as a
-- credit. A later credit note that finds nothing left to credit documents such a refund and credits
-- nothing again. How much is unapplied depends on what earlier refunds took, so the events are
-- processed one by one: refunds and credit notes of the few accounts with any refund.

with invoices as (

    select * from {{ ref('int_invoices') }}
    where cash_application = 'balance_forward'

),

cash_events as (

    select * from {{ ref('int_account_cash_events') }}

),

refunded_accounts as (

    select
        account_id,
        currency
    from {{ ref('int_account_cash_events') }}
    where cause = 'refund'
    group by account_id, currency

),

events as (

    select
        account_id,
        currency,
        invoice_date as event_on,
        1 as event_order,
        'issue' as cause,
        invoice_id as source_id,
        -invoiced_amount as amount
    from invoices

    union all

    select * from cash_events

),

-- what would be unapplied without refunds, and the total refunded, after each event
running as (

    select
        events.account_id,
        events.currency,
        events.event_on,
        events.event_order,
        events.cause,
        events.source_id,
        cast(abs(events.amount) * 100 as bigint) as cents,
        cast(
            sum(case when events.cause = 'refund' then 0 else events.amount end) over by_date * 100
            as bigint
        ) as unapplied_cents,
        cast(
            sum(case when events.cause = 'refund' then -events.amount else 0 end) over by_date * 100
            as bigint
        ) as refunded_cents
    from events
    inner join refunded_accounts
        on
        events.account_id = refunded_accounts.account_id
        and events.currency = refunded_accounts.currency
    window by_date as (
        partition by events.account_id, events.currency
        order by events.event_on, events.event_order, events.cause, events.source_id
        rows between unbounded preceding and current row
    )

),

numbered as (

    select
        *,
        row_number() over (
            partition by account_id, currency
            order by event_on, event_order, cause, source_id
        ) as event_number
    from running
    where cause in ('refund', 'credit_note')

),

-- The state is what refunds took of unapplied cash so far. A refund takes its amount at most, a
-- credit note what earlier refunds have not taken yet; both only what is unapplied.
folded as (

    select
        account_id,
        currency,
        -- noqa: disable=PRS
        {{ running_fold(
            ordered_array(
                array_of(['unapplied_cents', 'cents', 'refunded_cents']), 'event_number'
            ),
            'state + least(greatest(' ~ element_of('event', 0) ~ ' - state, 0), '
            ~ element_of('event', 1) ~ ', ' ~ element_of('event', 2) ~ ' - state)'
        ) }} as taken_cents
        -- noqa: enable=PRS
    from numbered
    group by account_id, currency

),

taken as (

    select
        numbered.account_id,
        numbered.currency,
        numbered.cause,
        numbered.source_id,
        numbered.cents,
        {{ element_of('folded.taken_cents', 'numbered.event_number') }}
        - {{ element_of('folded.taken_cents', 'numbered.event_number - 1') }} as taken_cents
    from numbered
    inner join folded
        on
        numbered.account_id = folded.account_id
        and numbered.currency = folded.currency

),

final as (

    select
        account_id,
        currency,
        cause,
        source_id,
        cast(cast(taken_cents as decimal(18, 2)) / 100 as decimal(18, 2)) as taken_amount,
        cast(cast(cents - taken_cents as decimal(18, 2)) / 100 as decimal(18, 2))
            as credited_amount
    from taken

)

select * from final
