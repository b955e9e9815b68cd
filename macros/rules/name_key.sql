{#- A name as it is compared: capitals and blanks make no difference. -#}
{%- macro name_key(name) -%}
    nullif(lower(replace({{ name }}, ' ', '')), '')
{%- endmacro -%}
