{#- A date as a whole number of days since 1970-01-01: narrow to sort by, and counted in window frames. -#}
{%- macro day_number(day) -%}
    {{ days_from("cast('1970-01-01' as date)", day) }}
{%- endmacro -%}
