{#- The day from which on holds what no date tells otherwise. -#}
{%- macro beginning_of_time() -%}
    cast('1900-01-01' as date)
{%- endmacro -%}
