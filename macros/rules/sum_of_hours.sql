{#- The sum of an array of 24, by the hour, over the hours that are among the given ones, as bits, or over all; those
    that are null count nothing. -#}
{%- macro sum_of_hours(elements, among=none) -%}
    (
        {%- for hour in range(24) -%}
        {%- set kwh = element_of(elements, hour) -%}
        {%- if among -%}
        case when ({{ among }} & {{ 2 ** hour }}) > 0 then {{ kwh }} else 0 end
        {%- else -%}
        coalesce({{ kwh }}, 0)
        {%- endif -%}
        {{ ' + ' if not loop.last }}
        {%- endfor -%}
    )
{%- endmacro -%}
