{#- The value below which a share of a group's values lies, interpolated between the two nearest values. -#}
{%- macro quantile_of(value, share) -%}
    {{ return(adapter.dispatch('quantile_of', 'revenue_assurance')(value, share)) }}
{%- endmacro -%}

{%- macro default__quantile_of(value, share) -%}
    percentile({{ value }}, {{ share }})
{%- endmacro -%}

{%- macro duckdb__quantile_of(value, share) -%}
    quantile_cont({{ value }}, {{ share }})
{%- endmacro -%}
