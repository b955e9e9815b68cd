{#- A field of a JSON object kept as text, as text; null where the field is missing or null. -#}
{%- macro json_text(column, field) -%}
    {{ return(adapter.dispatch('json_text', 'revenue_assurance')(column, field)) }}
{%- endmacro -%}

{%- macro default__json_text(column, field) -%}
    get_json_object({{ column }}, '$.{{ field }}')
{%- endmacro -%}

{%- macro duckdb__json_text(column, field) -%}
    json_extract_string({{ column }}, '$.{{ field }}')
{%- endmacro -%}
