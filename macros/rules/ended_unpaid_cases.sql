{#- Cases of unpaid or partly paid invoices with what changed on the day they ended: the balance at its end, and what was paid and
    credited that day; all null where the balance did not end the case. `cases` has one row an invoice: the amount of the last
    spell and what had been paid of it, the first day and the end of the last spell. -#}
{%- macro ended_unpaid_cases(cases, invoices, balance_spells) -%}
    select
        {{ invoices }}.*,
        {{ cases }}.amount,
        {{ cases }}.paid_amount as paid_before,
        {{ cases }}.first_seen_on,
        case when {{ cases }}.last_spell_to <= {{ as_of_date() }} then {{ cases }}.last_spell_to end
            as resolved_on,
        {{ balance_spells }}.paid_amount - {{ cases }}.paid_amount as paid_gain,
        {{ cases }}.amount + {{ cases }}.paid_amount
        - {{ balance_spells }}.paid_amount - {{ balance_spells }}.unsettled_amount as credit_gain,
        {{ balance_spells }}.outstanding_amount as outstanding_after,
        {{ balance_spells }}.written_off_amount as written_off_after
    from {{ cases }}
    inner join {{ invoices }}
        on {{ cases }}.invoice_id = {{ invoices }}.invoice_id
    left join {{ balance_spells }}
        on
        {{ cases }}.invoice_id = {{ balance_spells }}.invoice_id
        and {{ cases }}.last_spell_to = {{ balance_spells }}.valid_from
{%- endmacro -%}
