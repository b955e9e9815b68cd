{#- When the interval of a reading begins, or when it ends for a register, whichever of both the reading is stamped with.
    `readings` is the alias of the readings, `forms` that of what the mapping says of their files. -#}
{%- macro interval_edge(readings, forms) -%}
    cast(case
        when {{ forms }}.reading_kind = 'register' and not {{ forms }}.is_stamped_at_end
            then {{ dbt.dateadd('minute', forms ~ '.interval_minutes', readings ~ '.read_at') }}
        when {{ forms }}.reading_kind = 'energy' and {{ forms }}.is_stamped_at_end
            then {{ dbt.dateadd('minute', '-' ~ forms ~ '.interval_minutes', readings ~ '.read_at') }}
        else {{ readings }}.read_at
    end as timestamp)
{%- endmacro -%}
