{#- By how much a bill may differ from its tariff's charge. -#}
{%- macro rating_tolerance(asked) -%}
    greatest(
        cast({{ var('rating_tolerance_amount') }} as decimal(18, 6)),
        cast(
            cast({{ asked }} as decimal(28, 2)) * cast({{ var('rating_tolerance_share') }} as decimal(9, 6))
            as decimal(28, 6)
        )
    )
{%- endmacro -%}
