{#- Whether a text is a JSON object; false for any other text and for null. -#}
{%- macro is_json_object(column) -%}
    {{ return(adapter.dispatch('is_json_object', 'revenue_assurance')(column)) }}
{%- endmacro -%}

{%- macro default__is_json_object(column) -%}
    coalesce(substring(get_json_object({{ column }}, '$'), 1, 1) = '{', false)
{%- endmacro -%}

{%- macro duckdb__is_json_object(column) -%}
    case when json_valid({{ column }}) then json_type({{ column }}) = 'OBJECT' else false end
{%- endmacro -%}
