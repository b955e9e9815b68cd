{#- Whole seconds from one moment to another. -#}
{%- macro seconds_from(first_moment, second_moment) -%}
    {{ dbt.datediff(first_moment, second_moment, 'second') }}
{%- endmacro -%}
