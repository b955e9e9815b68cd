{#- The day from which a version of a dimension applies to facts: the first version also covers the time before it. -#}
{%- macro holds_from(entity_key) -%}
    case
        when row_number() over (partition by {{ entity_key }} order by effective_date) > 1
            then effective_date
        else {{ beginning_of_time() }}
    end
{%- endmacro -%}
