{#- The amount of a line: its own, otherwise quantity times its price or its article's. Null where neither is known, and
    where the product does not fit a money column. `line` and `sku` are the aliases of the two. -#}
{%- macro line_amount(line, sku) -%}
    coalesce(
        {{ line }}.amount,
        try_cast(
            cast({{ line }}.quantity as decimal(28, 3))
            * coalesce({{ line }}.unit_price, {{ sku }}.unit_price) as decimal(18, 2)
        )
    )
{%- endmacro -%}
