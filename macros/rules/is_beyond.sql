{#- Whether a value is too large, either way, to be reckoned with: sums and products of what is smaller stay within their
    columns. `limit` is the name of a var. -#}
{%- macro is_beyond(limit, columns) -%}
    {%- for column in columns -%}
        {{ ' or ' if not loop.first }}abs({{ column }}) > {{ var(limit) }}
    {%- endfor -%}
{%- endmacro -%}
