{#- The element of an array at a position, counted from 0; null outside of it. -#}
{%- macro element_of(elements, position) -%}
    {{ return(adapter.dispatch('element_of', 'revenue_assurance')(elements, position)) }}
{%- endmacro -%}

{%- macro default__element_of(elements, position) -%}
    get({{ elements }}, {{ position }})
{%- endmacro -%}

{#- position 0 of DuckDB is null, those below it count from the end -#}
{%- macro duckdb__element_of(elements, position) -%}
    {{ elements }}[greatest({{ position }} + 1, 0)]
{%- endmacro -%}
