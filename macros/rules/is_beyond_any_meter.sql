{#- Whether an energy cannot come from any meter: a number that means "no value", or more than the largest meter measures,
    in either direction. -#}
{%- macro is_beyond_any_meter(kwh) -%}
    {{ is_sentinel(kwh) }} or abs({{ kwh }}) > {{ var('reading_max_kwh') }}
{%- endmacro -%}
