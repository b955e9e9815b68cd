{#- The mean of the energies in a window, null where there are none: their sum is exact, whatever their order. -#}
{%- macro mean_over(column, window_name) -%}
    cast(sum({{ column }}) over {{ window_name }} as double)
    / nullif(count({{ column }}) over {{ window_name }}, 0)
{%- endmacro -%}
