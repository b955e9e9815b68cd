{#- The elements of a group in one array, in the order of a number that no two of them share. -#}
{%- macro ordered_array(element, position) -%}
    {{ return(adapter.dispatch('ordered_array', 'revenue_assurance')(element, position)) }}
{%- endmacro -%}

{%- macro default__ordered_array(element, position) -%}
    transform(
        array_sort(collect_list(struct({{ position }} as position, {{ element }} as element))),
        pair -> pair.element
    )
{%- endmacro -%}

{%- macro duckdb__ordered_array(element, position) -%}
    list({{ element }} order by {{ position }})
{%- endmacro -%}
