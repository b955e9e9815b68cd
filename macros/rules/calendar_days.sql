{#- A relation of one column, `calendar_date`: every day that `load` takes, so that no fact lies outside of the calendar. -#}
{%- macro calendar_days() -%}
    {{ days_between("cast('1900-01-01' as date)", "cast('2199-12-31' as date)") }}
{%- endmacro -%}
