{#- What is expected, with every invoice that covers it (its billing date or another day) and their rank: the first issued is
    the one that counts, and where none covers it the one row has rank 1 as well. -#}
{%- macro covered_by_first_invoice(expected, invoice_periods, entity_key, covered_on='billing_date') -%}
    select
        {{ expected }}.*,
        {{ invoice_periods }}.invoice_id,
        {{ invoice_periods }}.invoice_date,
        row_number() over (
            partition by {{ expected }}.{{ entity_key }}, {{ expected }}.period_start
            order by
                {{ invoice_periods }}.invoice_date nulls last, {{ invoice_periods }}.invoice_id nulls last
        ) as invoice_rank
    from {{ expected }}
    left join {{ invoice_periods }}
        on
        {{ expected }}.{{ entity_key }} = {{ invoice_periods }}.{{ entity_key }}
        and cast(date_trunc('month', {{ expected }}.{{ covered_on }}) as date) = {{ invoice_periods }}.month_start
        and {{ expected }}.{{ covered_on }} >= {{ invoice_periods }}.period_start
        and {{ expected }}.{{ covered_on }} <= {{ invoice_periods }}.period_end
{%- endmacro -%}
