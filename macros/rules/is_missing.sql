{#- The source left the value out; one that `load` could not read is not missing, and has its own reason. -#}
{%- macro is_missing(column) -%}
    {{ column }} is null and coalesce(_load_reasons, '') not like '%:{{ column }}%'
{%- endmacro -%}
