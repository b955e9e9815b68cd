{#- The last day of whatever is still in force. -#}
{%- macro end_of_time() -%}
    cast('9999-12-31' as date)
{%- endmacro -%}
