{#- The texts of a group in one text, sorted, so that the order of the rows does not matter. -#}
{%- macro sorted_list(text) -%}
    {{ return(adapter.dispatch('sorted_list', 'revenue_assurance')(text)) }}
{%- endmacro -%}

{%- macro default__sorted_list(text) -%}
    array_join(array_sort(collect_list({{ text }})), ',')
{%- endmacro -%}

{%- macro duckdb__sorted_list(text) -%}
    array_to_string(list_sort(list({{ text }})), ',')
{%- endmacro -%}
