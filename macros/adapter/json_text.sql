{#- A field of a JSON object stored as text, as trimmed text; null where the field is missing or null, or the text is not
    valid JSON. -#}
{%- macro json_text(column, field) -%}
    {{ return(adapter.dispatch('json_text', 'revenue_assurance')(column, field)) }}
{%- endmacro -%}

{%- macro default__json_text(column, field) -%}
    nullif(trim(get_json_object({{ column }}, '$.{{ field }}')), '')
{%- endmacro -%}

{%- macro duckdb__json_text(column, field) -%}
    nullif(trim(try(json_extract_string({{ column }}, '$.{{ field }}'))), '')
{%- endmacro -%}
