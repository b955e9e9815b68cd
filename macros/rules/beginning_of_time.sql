{#- The day from which on holds what no date tells otherwise: before any date that can be loaded. -#}
{%- macro beginning_of_time() -%}
    cast('1899-12-31' as date)
{%- endmacro -%}
