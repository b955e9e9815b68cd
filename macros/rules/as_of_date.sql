{#- The one day every state is derived for. -#}
{%- macro as_of_date() -%}
    (select int_as_of_date.as_of_date from {{ ref('int_as_of_date') }} as int_as_of_date)
{%- endmacro -%}
