{#- A relation: the days of which the model holds anything. -#}
{%- macro stored_days() -%}
    select held.read_on from {{ this }} as held
{%- endmacro -%}
