{#- The month of a date as a whole number of months since January 1970: counted and exploded like days. -#}
{%- macro month_number(day) -%}
    cast(extract(year from {{ day }}) * 12 + extract(month from {{ day }}) - 23641 as integer)
{%- endmacro -%}
