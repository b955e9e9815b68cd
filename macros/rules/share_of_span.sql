{#- The energy of a span of some `seconds` up to one of its seconds, if it is spread evenly, rounded to the Wh: differences of
    such shares add up to the whole. -#}
{%- macro share_of_span(second, seconds, kwh) -%}
    cast(
        floor({{ kwh }} * 1000 * (cast({{ second }} as double) / {{ seconds }}) + 0.5) * 0.001 as decimal(18, 3)
    )
{%- endmacro -%}
