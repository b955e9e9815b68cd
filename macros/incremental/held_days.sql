{#- A relation: the days of which the model holds anything. -#}
{%- macro held_days() -%}
    select held.read_on from {{ this }} as held
{%- endmacro -%}
