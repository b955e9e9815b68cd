with invoices as (

    select * from {{ ref('int_invoice_settlement') }}

),

balance_spells as (

    select * from {{ ref('int_invoice_balance_spells') }}

),

partly_paid_past_due as (

    select
        balance_spells.invoice_id,
        balance_spells.paid_amount,
        balance_spells.outstanding_amount,
        greatest(balance_spells.valid_from, {{ day_add('invoices.due_date', 1) }}) as spell_from,
        balance_spells.valid_to as spell_to,
        invoices.as_of_date
    from balance_spells
    inner join invoices
        on balance_spells.invoice_id = invoices.invoice_id
    where
        balance_spells.paid_amount > 0
        and balance_spells.outstanding_amount > {{ small_balance_tolerance('invoices.currency') }}

),

cases as (

    select
        invoice_id,
        min(spell_from) as first_seen_on,
        max(spell_to) as last_spell_to,
        max_by(outstanding_amount, spell_from) as amount,
        max_by(paid_amount, spell_from) as paid_amount
    from partly_paid_past_due
    where spell_from < spell_to and spell_from <= as_of_date
    group by invoice_id

),

final as (

    select
        'leaky_bucket' as rule,
        'invoice' as entity_type,
        invoices.invoice_id as entity_id,
        invoices.account_id,
        invoices.invoice_id,
        invoices.subscription_id,
        coalesce(invoices.period_start, cast(date_trunc('month', invoices.invoice_date) as date))
            as period_start,
        cases.amount,
        invoices.currency,
        cases.first_seen_on,
        case when cases.last_spell_to <= invoices.as_of_date then cases.last_spell_to end
            as resolved_on,
        concat_ws(
            '; ',
            'due on ' || cast(invoices.due_date as {{ dbt.type_string() }}),
            'paid ' || cast(cases.paid_amount as {{ dbt.type_string() }})
            || ' of ' || cast(invoices.net_due_amount as {{ dbt.type_string() }})
            || ' ' || invoices.currency
        ) as evidence
    from cases
    inner join invoices
        on cases.invoice_id = invoices.invoice_id

)

select * from final
