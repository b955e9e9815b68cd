{#- A name as it is compared: capitals and blanks make no other name. -#}
{%- macro name_key(name) -%}
    nullif(lower(replace({{ name }}, ' ', '')), '')
{%- endmacro -%}
