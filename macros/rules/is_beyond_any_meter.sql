{#- Whether an energy is none that any meter can give: a number that stands for "no value", or more than the largest meter
    measures, in either direction. -#}
{%- macro is_beyond_any_meter(kwh) -%}
    {{ is_sentinel(kwh) }} or abs({{ kwh }}) > {{ var('reading_max_kwh') }}
{%- endmacro -%}
