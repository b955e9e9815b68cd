{#- When a version of a snapshot holds: the first one reaches back to the entity's creation. -#}
{%- macro version_from(entity_key, created_on) -%}
    case
        when row_number() over (partition by {{ entity_key }} order by dbt_valid_from) = 1
            then least(
                coalesce({{ created_on }}, cast(dbt_valid_from as date)),
                cast(dbt_valid_from as date)
            )
        else cast(dbt_valid_from as date)
    end
{%- endmacro -%}
