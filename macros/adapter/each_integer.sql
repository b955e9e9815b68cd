{#- In a select list: one row for every integer from the first to the last; the last must not be below the first. -#}
{%- macro each_integer(first_integer, last_integer) -%}
    {{ return(adapter.dispatch('each_integer', 'revenue_assurance')(first_integer, last_integer)) }}
{%- endmacro -%}

{%- macro default__each_integer(first_integer, last_integer) -%}
    explode(sequence({{ first_integer }}, {{ last_integer }}))
{%- endmacro -%}

{%- macro duckdb__each_integer(first_integer, last_integer) -%}
    unnest(range({{ first_integer }}, {{ last_integer }} + 1))
{%- endmacro -%}
