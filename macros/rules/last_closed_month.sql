{#- The number of the last month that is over: that of the as-of date itself once its last day is reached. -#}
{%- macro last_closed_month() -%}
    {{ month_number(day_add(as_of_date(), 1)) }} - 1
{%- endmacro -%}
