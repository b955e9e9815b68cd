{#- A status as the field writes it, whatever the source's capitals and blanks: `Active`. -#}
{%- macro title_case(status) -%}
    upper(substr(trim({{ status }}), 1, 1)) || lower(substr(trim({{ status }}), 2))
{%- endmacro -%}
