{#- The last day of a month that is given by its `month_number`. -#}
{%- macro month_end_of(month_number) -%}
    cast(last_day({{ dbt.dateadd('month', month_number, "cast('1970-01-01' as date)") }}) as date)
{%- endmacro -%}
