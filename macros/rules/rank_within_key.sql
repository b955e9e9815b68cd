{#- 1 for the row that stays of all rows with the same key. A row without fault goes before one with a fault,
    then `tie_break` decides; where that leaves a tie, the rows agree in all that is read from them. -#}
{%- macro rank_within_key(key, tie_break) -%}
    row_number() over (
        partition by {{ key }}
        order by
            case when row_reasons is null then 0 else 1 end,
            {%- for column in tie_break %}
            {{ column }},
            {%- endfor %}
            _batch_no nulls first,
            _file_no nulls first,
            _source_line nulls first
    )
{%- endmacro -%}
