{#- A value for each hour of a group as an array of 24, placed by the hour of day; null where there is none. -#}
{%- macro by_hour(expression, hour_of_day) -%}
    {%- set hours = [] -%}
    {%- for hour in range(24) -%}
        {%- do hours.append('\n            max(case when ' ~ hour_of_day ~ ' = ' ~ hour ~ ' then ' ~ expression ~ ' end)') -%}
    {%- endfor -%}
    {{ array_of(hours) }}
{%- endmacro -%}
