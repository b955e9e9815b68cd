{#- A reading's key as text, `meter number, space, time`: built where a row is named, not stored with every row. -#}
{%- macro reading_key() -%}
    concat_ws(' ', meter_number, cast(read_at as {{ dbt.type_string() }}))
{%- endmacro -%}
