{#- A date, moved by a number of days; `dbt.dateadd` alone gives a timestamp on some engines. -#}
{%- macro day_add(day, days) -%}
    cast({{ dbt.dateadd('day', days, day) }} as date)
{%- endmacro -%}
