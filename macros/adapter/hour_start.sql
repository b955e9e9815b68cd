{#- The moment at which an hour of a day begins. -#}
{%- macro hour_start(day, hour_of_day) -%}
    cast({{ dbt.dateadd('hour', hour_of_day, 'cast(' ~ day ~ ' as timestamp)') }} as timestamp)
{%- endmacro -%}
