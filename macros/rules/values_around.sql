{#- The values of so many hours before and after as columns `before_1`, `after_1` and so on. -#}
{%- macro values_around(column, window_name, hours) -%}
    {%- for hour in range(1, hours + 1) -%}
    lag({{ column }}, {{ hour }}) over {{ window_name }} as before_{{ hour }},
        lead({{ column }}, {{ hour }}) over {{ window_name }} as after_{{ hour }}{{ ',
        ' if not loop.last }}
    {%- endfor -%}
{%- endmacro -%}
