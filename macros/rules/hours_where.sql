{#- The hours of a group that fulfil a condition, as bits; `in_hour` is the bit of a row. -#}
{%- macro hours_where(condition) -%}
    cast(bit_or(case when {{ condition }} then in_hour else 0 end) as bigint)
{%- endmacro -%}
