{#- An array of the given expressions, in their order. -#}
{%- macro array_of(expressions) -%}
    {{ return(adapter.dispatch('array_of', 'revenue_assurance')(expressions)) }}
{%- endmacro -%}

{%- macro default__array_of(expressions) -%}
    array({{ expressions | join(', ') }})
{%- endmacro -%}

{%- macro duckdb__array_of(expressions) -%}
    [{{ expressions | join(', ') }}]
{%- endmacro -%}
