{#- The sum of an array of 24 over the hours that are among the given ones, as bits. -#}
{%- macro sum_of_hours(elements, among) -%}
    (
        {%- for hour in range(24) -%}
        case when ({{ among }} & {{ 2 ** hour }}) > 0 then {{ element_of(elements, hour) }} else 0 end
        {{- ' + ' if not loop.last }}
        {%- endfor -%}
    )
{%- endmacro -%}
