{#- The hours of a group that fulfil a condition, as bits; `hour_bit` is that of a row's hour. -#}
{%- macro hours_where(condition, hour_bit) -%}
    cast(bit_or(case when {{ condition }} then {{ hour_bit }} else 0 end) as bigint)
{%- endmacro -%}
