{#- An aggregate of each hour of arrays of 24, as an array of 24. -#}
{%- macro each_hour_of(aggregate, elements) -%}
    {%- set hours = [] -%}
    {%- for hour in range(24) -%}
        {%- do hours.append('\n            ' ~ aggregate ~ '(' ~ element_of(elements, hour) ~ ')') -%}
    {%- endfor -%}
    {{ array_of(hours) }}
{%- endmacro -%}
