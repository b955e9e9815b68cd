{#- The day of the week as ISO 8601 counts it: Monday is 1, Sunday 7. -#}
{%- macro iso_day_of_week(day) -%}
    {{ return(adapter.dispatch('iso_day_of_week', 'revenue_assurance')(day)) }}
{%- endmacro -%}

{%- macro default__iso_day_of_week(day) -%}
    (weekday({{ day }}) + 1)
{%- endmacro -%}

{%- macro duckdb__iso_day_of_week(day) -%}
    isodow({{ day }})
{%- endmacro -%}
