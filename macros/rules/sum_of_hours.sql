{#- The sum of an array of 24, by the hour; those that are null count nothing. -#}
{%- macro sum_of_hours(elements) -%}
    ({% for hour in range(24) %}coalesce({{ element_of(elements, hour) }}, 0){{ ' + ' if not loop.last }}{% endfor %})
{%- endmacro -%}
