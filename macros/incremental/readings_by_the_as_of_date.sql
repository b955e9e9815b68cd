{#- A relation: the validated readings of the days that exist as of the date. -#}
{%- macro readings_by_the_as_of_date() -%}
    (select * from {{ ref('int_validated_readings') }} where read_on <= {{ as_of_date() }})
{%- endmacro -%}
