{#- The hour of a moment as one of 24 bits: hours of a day add up to one integer, and none is counted twice by `bit_or`. -#}
{%- macro hour_bit(moment) -%}
    (1 << cast(extract(hour from {{ moment }}) as integer))
{%- endmacro -%}
