{#- A relation of one column, `calendar_date`: every day from the first to the last, both included. -#}
{%- macro days_between(first_day, last_day) -%}
    {{ return(adapter.dispatch('days_between', 'revenue_assurance')(first_day, last_day)) }}
{%- endmacro -%}

{%- macro default__days_between(first_day, last_day) -%}
    select explode(sequence({{ first_day }}, {{ last_day }}, interval 1 day)) as calendar_date
{%- endmacro -%}

{%- macro duckdb__days_between(first_day, last_day) -%}
    select cast(unnest(range({{ first_day }}, {{ last_day }} + 1, interval 1 day)) as date)
        as calendar_date
{%- endmacro -%}
