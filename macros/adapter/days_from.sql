{#- Whole days from one date to another, as an integer; negative where the second is earlier. -#}
{%- macro days_from(first_day, second_day) -%}
    cast({{ dbt.datediff(first_day, second_day, 'day') }} as integer)
{%- endmacro -%}
