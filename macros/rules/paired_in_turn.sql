{#- Subscriptions not yet matched, each paired in order with a line of its account and period that agrees with it in
    `keys`, or with none. Lines are ordered by date, invoice and line, subscriptions by billing date and id. -#}
{%- macro paired_in_turn(lines, subscriptions, keys) -%}
    {%- set columns = ['account_id', 'period_start', 'period_end'] + keys -%}
    select
        waiting.account_id,
        waiting.period_start,
        waiting.period_end,
        waiting.subscription_id,
        waiting.billing_date,
        waiting.plan_key,
        waiting.quantity,
        waiting.amount,
        in_turn.invoice_id,
        in_turn.line_item_id
    from (
        select
            *,
            row_number() over (
                partition by {{ columns | join(', ') }}
                order by billing_date, subscription_id
            ) as turn
        from {{ subscriptions }}
        where invoice_id is null
    ) as waiting
    left join (
        select
            *,
            row_number() over (
                partition by {{ columns | join(', ') }}
                order by invoice_date, invoice_id, line_item_id
            ) as turn
        from {{ lines }}
    ) as in_turn
        on
        waiting.turn = in_turn.turn
        {%- for column in columns %}
        and waiting.{{ column }} = in_turn.{{ column }}
        {%- endfor %}
{%- endmacro -%}
