{#- The columns of a case of an unpaid or partly paid invoice, all but the evidence: `ended` is a row of `ended_unpaid_cases`.
    Why it ceased to be a case is read from the balance on the day it ended: `otherwise` is the cause where the balance did not
    end it. Where cash and credit settle it on one day, the larger of the two counts. -#}
{%- macro unpaid_case(rule, ended, otherwise) -%}
    '{{ rule }}' as rule,
    'invoice' as entity_type,
    {{ ended }}.invoice_id as entity_id,
    {{ ended }}.account_id,
    {{ ended }}.invoice_id,
    {{ ended }}.subscription_id,
    coalesce(
        {{ ended }}.period_start, cast(date_trunc('month', {{ ended }}.invoice_date) as date)
    ) as period_start,
    {{ ended }}.amount,
    {{ ended }}.currency,
    {{ ended }}.first_seen_on,
    {{ ended }}.resolved_on,
    case
        when {{ ended }}.resolved_on is null then null
        when {{ ended }}.written_off_after > 0 then 'written_off'
        when {{ ended }}.outstanding_after > {{ small_balance_tolerance(ended ~ '.currency') }}
            then case when {{ ended }}.paid_gain > 0 then 'paid' else '{{ otherwise }}' end
        when {{ ended }}.paid_gain >= {{ ended }}.credit_gain then 'paid'
        when {{ ended }}.credit_gain > 0 then 'credited'
        else '{{ otherwise }}'
    end as end_cause,
    cast(greatest(least(coalesce({{ ended }}.paid_gain, 0), {{ ended }}.amount), 0) as decimal(18, 2))
        as recovered_amount
{%- endmacro -%}
