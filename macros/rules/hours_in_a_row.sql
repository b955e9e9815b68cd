{#- How many of the hours in a row, of those that include this one, fulfil a condition at best: all of them, if the
    hour is part of such a run within its day. -#}
{%- macro hours_in_a_row(condition, hours) -%}
    greatest(
        {%- for before in range(hours) %}
        sum(case when {{ condition }} then 1 else 0 end) over (
            partition by meter_number, read_on
            order by read_at
            rows between {{ before }} preceding and {{ hours - 1 - before }} following
        ){{ ',' if not loop.last }}
        {%- endfor %}
    )
{%- endmacro -%}
