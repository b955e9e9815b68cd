-- Unpaid beyond the grace while account and subscription are active. Long by its three kinds of
-- spells, which have to overlap.

with invoices as (

    select * from {{ ref('int_invoices_enriched') }}

),

balance_spells as (

    select * from {{ ref('int_invoice_balance_spells') }}

),

account_spells as (

    select * from {{ ref('int_account_spells') }}
    where status = 'Active'

),

subscription_spells as (

    select * from {{ ref('int_subscription_spells') }}
    where status = 'Active'

),

unpaid_past_grace as (

    select
        invoices.*,
        balance_spells.outstanding_amount as amount_at_risk,
        balance_spells.valid_to as unpaid_to,
        greatest(
            balance_spells.valid_from,
            {{ day_add('invoices.due_date', var('zombie_grace_days') + 1) }}
        ) as unpaid_from
    from balance_spells
    inner join invoices
        on balance_spells.invoice_id = invoices.invoice_id
    where
        balance_spells.paid_amount = 0
        and balance_spells.outstanding_amount > {{ small_balance_tolerance('invoices.currency') }}
        and {{ day_add('invoices.due_date', var('zombie_grace_days') + 1) }}
        < balance_spells.valid_to
        and {{ day_add('invoices.due_date', var('zombie_grace_days') + 1) }}
        <= {{ as_of_date() }}

),

-- the spells in which nothing was paid while the account and the subscription, if there is one,
-- were active
spells as (

    select
        unpaid_past_grace.*,
        greatest(
            unpaid_past_grace.unpaid_from,
            account_spells.valid_from,
            coalesce(subscription_spells.valid_from, account_spells.valid_from)
        ) as spell_from,
        least(
            unpaid_past_grace.unpaid_to,
            account_spells.valid_to,
            coalesce(subscription_spells.valid_to, account_spells.valid_to)
        ) as spell_to
    from unpaid_past_grace
    inner join account_spells
        on
        unpaid_past_grace.account_id = account_spells.account_id
        and unpaid_past_grace.unpaid_from < account_spells.valid_to
        and unpaid_past_grace.unpaid_to > account_spells.valid_from
    left join subscription_spells
        on unpaid_past_grace.subscription_id = subscription_spells.subscription_id
    where
        unpaid_past_grace.subscription_id is null or subscription_spells.subscription_id is not null

),

cases as (

    select
        invoice_id,
        min(spell_from) as first_seen_on,
        max(spell_to) as last_spell_to,
        max_by(amount_at_risk, spell_from) as amount
    from spells
    where spell_from < spell_to and spell_from <= {{ as_of_date() }}
    group by invoice_id

),

-- the balance at the end of the day on which the case ended; none where the balance did not end it
ended as (

    select
        invoices.*,
        cases.amount,
        cases.first_seen_on,
        case when cases.last_spell_to <= {{ as_of_date() }} then cases.last_spell_to end
            as resolved_on,
        balance_spells.paid_amount as paid_gain,
        cases.amount - balance_spells.paid_amount - balance_spells.unsettled_amount as credit_gain,
        balance_spells.outstanding_amount as outstanding_after,
        balance_spells.written_off_amount as written_off_after
    from cases
    inner join invoices
        on cases.invoice_id = invoices.invoice_id
    left join balance_spells
        on
        cases.invoice_id = balance_spells.invoice_id
        and cases.last_spell_to = balance_spells.valid_from

),

-- evidence states what was unpaid while it lasted, without what was credited since
final as (

    select
        'zombie' as rule,
        'invoice' as entity_type,
        invoice_id as entity_id,
        account_id,
        invoice_id,
        subscription_id,
        coalesce(period_start, cast(date_trunc('month', invoice_date) as date)) as period_start,
        amount,
        currency,
        first_seen_on,
        resolved_on,
        case when resolved_on is not null then {{ end_cause_of_debt('no_longer_served') }} end
            as end_cause,
        cast(greatest(least(coalesce(paid_gain, 0), amount), 0) as decimal(18, 2))
            as recovered_amount,
        concat_ws(
            '; ',
            'due on ' || cast(due_date as {{ dbt.type_string() }}),
            'grace of {{ var("zombie_grace_days") }} days',
            'nothing paid of ' || cast(amount as {{ dbt.type_string() }}) || ' ' || currency,
            'account active'
        ) as evidence
    from ended

)

select * from final
