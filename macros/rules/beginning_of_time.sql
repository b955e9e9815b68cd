{#- The first day of whatever has no recorded start date: before any date that can be loaded. -#}
{%- macro beginning_of_time() -%}
    cast('1899-12-31' as date)
{%- endmacro -%}
