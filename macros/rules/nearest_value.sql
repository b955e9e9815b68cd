{#- The nearest value among columns `<side>_1`, `<side>_2` and so on, as a number with a floating point. -#}
{%- macro nearest_value(side, hours) -%}
    cast(coalesce(
        {%- for hour in range(1, hours + 1) -%}
        {{ side }}_{{ hour }}{{ ', ' if not loop.last }}
        {%- endfor -%}, cast(null as decimal(18, 3))) as double)
{%- endmacro -%}
