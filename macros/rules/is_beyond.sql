{#- Whether a value is too large, positive or negative, to calculate with: sums and products of smaller values fit their
    columns. `limit` is the name of a var. -#}
{%- macro is_beyond(limit, columns) -%}
    {%- for column in columns -%}
        {{ ' or ' if not loop.first }}abs({{ column }}) > {{ var(limit) }}
    {%- endfor -%}
{%- endmacro -%}
