with invoices as (

    select * from {{ ref('int_invoices_enriched') }}

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
        balance_spells.valid_to as spell_to
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
    where spell_from < spell_to and spell_from <= {{ as_of_date() }}
    group by invoice_id

),

-- the balance at the end of the day on which the case ended
ended as (

    select
        invoices.*,
        cases.amount,
        cases.paid_amount as paid_before,
        cases.first_seen_on,
        case when cases.last_spell_to <= {{ as_of_date() }} then cases.last_spell_to end
            as resolved_on,
        balance_spells.paid_amount - cases.paid_amount as paid_gain,
        cases.amount + cases.paid_amount
        - balance_spells.paid_amount - balance_spells.unsettled_amount as credit_gain,
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

-- evidence states what was paid while it lasted; a chargeback of all that was paid has corrected it
final as (

    select
        'leaky_bucket' as rule,
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
        case when resolved_on is not null then {{ end_cause_of_debt('corrected') }} end
            as end_cause,
        cast(greatest(least(coalesce(paid_gain, 0), amount), 0) as decimal(18, 2))
            as recovered_amount,
        concat_ws(
            '; ',
            'due on ' || cast(due_date as {{ dbt.type_string() }}),
            'paid ' || cast(paid_before as {{ dbt.type_string() }}) || ' of '
            || cast(cast(paid_before + amount as decimal(18, 2)) as {{ dbt.type_string() }})
            || ' ' || currency
        ) as evidence
    from ended

)

select * from final
