{#- Whether one of these fields of a JSON object kept as text holds an object or an array; false where there is no
    object. Few objects hold anything nested: who calls this asks first, by `like`, and only they are taken apart. -#}
{%- macro has_nested_field(column, fields) -%}
    {{ return(adapter.dispatch('has_nested_field', 'revenue_assurance')(column, fields)) }}
{%- endmacro -%}

{%- macro default__has_nested_field(column, fields) -%}
    coalesce(
        {%- for field in fields %}
        {{ 'or ' if not loop.first }}substring(get_json_object({{ column }}, '$.{{ field }}'), 1, 1) in ('{', '[')
        {%- endfor %},
        false
    )
{%- endmacro -%}

{%- macro duckdb__has_nested_field(column, fields) -%}
    {%- set paths = "['$." ~ fields | join("', '$.") ~ "']" -%}
    coalesce(list_has_any(try(json_type({{ column }}, {{ paths }})), ['OBJECT', 'ARRAY']), false)
{%- endmacro -%}
