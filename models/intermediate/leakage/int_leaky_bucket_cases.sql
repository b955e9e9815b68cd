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

ended as (

    {{ ended_unpaid_cases('cases', 'invoices', 'balance_spells') }}

),

-- evidence states what was paid while it lasted; a chargeback of all that was paid has corrected it
final as (

    select
        {{ unpaid_case('leaky_bucket', 'ended', otherwise='corrected') }},
        concat_ws(
            '; ',
            'due on ' || cast(ended.due_date as {{ dbt.type_string() }}),
            'paid ' || cast(ended.paid_before as {{ dbt.type_string() }}) || ' of '
            || cast(
                cast(ended.paid_before + ended.amount as decimal(18, 2))
                as {{ dbt.type_string() }}
            ) || ' ' || ended.currency
        ) as evidence
    from ended

)

select * from final
