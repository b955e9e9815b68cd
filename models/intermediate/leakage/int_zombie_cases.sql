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
        max_by(amount_at_risk, spell_from) as amount,
        cast(0 as decimal(18, 2)) as paid_amount
    from spells
    where spell_from < spell_to and spell_from <= {{ as_of_date() }}
    group by invoice_id

),

ended as (

    {{ ended_unpaid_cases('cases', 'invoices', 'balance_spells') }}

),

-- evidence states what was unpaid while it lasted, without what was credited since
final as (

    select
        {{ unpaid_case('zombie', 'ended', otherwise='no_longer_served') }},
        concat_ws(
            '; ',
            'due on ' || cast(ended.due_date as {{ dbt.type_string() }}),
            'grace of {{ var("zombie_grace_days") }} days',
            'nothing paid of ' || cast(ended.amount as {{ dbt.type_string() }})
            || ' ' || ended.currency,
            'account active'
        ) as evidence
    from ended

)

select * from final
