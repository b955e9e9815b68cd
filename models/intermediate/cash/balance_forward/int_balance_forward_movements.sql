-- Oldest first, whatever a payment names: an invoice holds the part of its interval of cumulative
-- charges that the account's money covers to date. Credits alone, by the same formula, give what is
-- credited; the rest of the holding is cash. Long, since the formula is applied twice.

with ledger as (

    select * from {{ ref('int_account_ledger') }}

),

crossings as (

    select * from {{ ref('int_account_crossings') }}
    where cause not in ('credit_note', 'refund') and amount != 0

),

credit_crossings as (

    select * from {{ ref('int_account_crossings') }}
    where cause in ('credit_note', 'refund')

),

invoices as (

    select
        source_id as invoice_id,
        account_id,
        currency,
        event_on,
        owed_to_date - invoiced_amount as owed_before,
        owed_to_date as owed_after,
        money_to_date,
        credit_to_date
    from ledger
    where cause = 'issue'

),

-- unapplied cash is applied to an invoice on the day it is issued
waiting as (

    select
        *,
        {{ clamp('money_to_date', 'owed_before', 'owed_after') }} - owed_before as held_amount,
        {{ clamp('credit_to_date', 'owed_before', 'owed_after') }} - owed_before as credit_amount
    from invoices
    where money_to_date > owed_before

),

-- a credit displaces the cash of its own invoice, which moves on to the next invoice with room
shifts as (

    select
        invoice_id,
        account_id,
        currency,
        event_on,
        1 as event_order,
        'credit_note' as cause,
        invoice_id as source_id,
        credit_amount,
        held_amount - credit_amount as cash_amount
    from waiting

    union all

    select
        invoice_id,
        account_id,
        currency,
        event_on,
        case when cause = 'credit_note' then 2 else 4 end as event_order,
        cause,
        source_id,
        sum(case when walk = 'credit' then amount else 0 end) as credit_amount,
        sum(case when walk = 'credit' then -amount else amount end) as cash_amount
    from credit_crossings
    group by invoice_id, account_id, currency, event_on, cause, source_id

),

movements as (

    select
        invoice_id,
        account_id,
        currency,
        event_on,
        event_order,
        cause,
        source_id,
        credit_amount as amount
    from shifts

    union all

    select
        invoice_id,
        account_id,
        currency,
        event_on,
        event_order,
        'unapplied_cash' as cause,
        source_id,
        cash_amount as amount
    from shifts

),

final as (

    select
        invoice_id,
        account_id,
        currency,
        event_on as movement_on,
        event_order,
        cause,
        source_id,
        cast(amount as decimal(18, 2)) as amount
    from movements
    where amount != 0

    union all

    select
        invoice_id,
        account_id,
        currency,
        event_on as movement_on,
        case when cause = 'payment' then 3 else 4 end as event_order,
        cause,
        source_id,
        amount
    from crossings

)

select * from final
