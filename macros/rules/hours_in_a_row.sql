{#- Those of a day's hours, given as bits, that belong to a run of at least the given length. -#}
{%- macro hours_in_a_row(hours, least) -%}
    {%- set first_of_row -%}
        ({{ hours }}{% for later in range(1, least) %} & ({{ hours }} >> {{ later }}){% endfor %})
    {%- endset -%}
    ({% for later in range(least) %}({{ first_of_row }} << {{ later }}){{ ' | ' if not loop.last }}{% endfor %})
{%- endmacro -%}
