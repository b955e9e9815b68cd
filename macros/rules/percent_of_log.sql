{#- A ratio given as its logarithm, as whole percent in words. -#}
{%- macro percent_of_log(log_ratio) -%}
    cast(cast(round(exp(cast({{ log_ratio }} as double)) * 100) as integer) as {{ dbt.type_string() }}) || ' %'
{%- endmacro -%}
