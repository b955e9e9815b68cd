{#- What a line comes to: its own amount, otherwise quantity times the price it or its article has. Null where neither is
    known, and where the product is more than money can hold. `line` and `sku` are the aliases they go by. -#}
{%- macro line_amount(line, sku) -%}
    coalesce(
        {{ line }}.amount,
        try_cast(
            cast({{ line }}.quantity as decimal(28, 3))
            * coalesce({{ line }}.unit_price, {{ sku }}.unit_price) as decimal(18, 2)
        )
    )
{%- endmacro -%}
