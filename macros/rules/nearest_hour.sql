{#- How many hours away the nearest value is, among columns `<side>_1`, `<side>_2` and so on; null for none. -#}
{%- macro nearest_hour(side, hours) -%}
    case
        {%- for hour in range(1, hours + 1) %}
        when {{ side }}_{{ hour }} is not null then {{ hour }}
        {%- endfor %}
    end
{%- endmacro -%}
