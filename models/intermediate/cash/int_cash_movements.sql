-- On a balance-forward account an invoice holds the part of its share of the cumulative charges
-- that the account's money covers to date. Credits alone, by the same formula, give what is
-- credited; the rest of the holding is cash.

with open_item as (

    select * from {{ ref('int_open_item_movements') }}

),

allocations as (

    select * from {{ ref('int_account_allocations') }}

),

charges as (

    select
        *,
        charged_to_date - invoiced_amount as charged_before
    from {{ ref('int_account_running_totals') }}
    where cause = 'issue'

),

-- unapplied credit and cash are applied to an invoice on the day it is issued; a later credit
-- displaces the cash of its own invoice, which moves on to the next one with room
credits as (

    select
        source_id as invoice_id,
        account_id,
        currency,
        event_on as movement_on,
        'credit_note' as cause,
        source_id,
        {{ clamp('credit_to_date', 'charged_before', 'charged_to_date') }} - charged_before
            as credit_amount,
        {{ clamp('money_to_date', 'charged_before', 'charged_to_date') }}
        - {{ clamp('credit_to_date', 'charged_before', 'charged_to_date') }} as cash_amount
    from charges
    where money_to_date > charged_before

    union all

    select
        invoice_id,
        account_id,
        currency,
        event_on as movement_on,
        cause,
        source_id,
        case when basis = 'credit' then amount else 0 end as credit_amount,
        case when basis = 'credit' then -amount else amount end as cash_amount
    from allocations
    where {{ is_credit('cause') }}

),

shifts as (

    select
        invoice_id,
        account_id,
        currency,
        movement_on,
        cause,
        source_id,
        amount
    from open_item
    where {{ is_credit('cause') }} or cause = 'unapplied_cash'

    union all

    select
        invoice_id,
        account_id,
        currency,
        movement_on,
        cause,
        source_id,
        credit_amount as amount
    from credits

    union all

    select
        invoice_id,
        account_id,
        currency,
        movement_on,
        'unapplied_cash' as cause,
        source_id,
        cash_amount as amount
    from credits

),

final as (

    select
        invoice_id,
        account_id,
        currency,
        movement_on,
        cause,
        source_id,
        amount
    from open_item
    where not ({{ is_credit('cause') }} or cause = 'unapplied_cash')

    union all

    select
        invoice_id,
        account_id,
        currency,
        event_on as movement_on,
        cause,
        source_id,
        amount
    from allocations
    where not {{ is_credit('cause') }} and amount != 0

    union all

    -- an invoice, a credit note and a payment of one day may share an id: what they move is one row
    select
        invoice_id,
        account_id,
        currency,
        movement_on,
        cause,
        source_id,
        cast(sum(amount) as decimal(18, 2)) as amount
    from shifts
    group by invoice_id, account_id, currency, movement_on, cause, source_id
    having sum(amount) != 0

)

select * from final
