{#- The median of each of several values of a group, under their own names. -#}
{%- macro middles_of(values) -%}
    {%- for value in values -%}
        cast({{ quantile_of(value, 0.5) }} as decimal(9, 4)) as {{ value }}
        {{- '' if loop.last else ',\n        ' }}
    {%- endfor -%}
{%- endmacro -%}
