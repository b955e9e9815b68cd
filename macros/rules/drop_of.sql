{#- By how much the mean of a value falls from before a break to after it, on the days that a condition picks. -#}
{%- macro drop_of(value, condition) -%}
    cast(
        cast(sum({{ value }}) filter (where {{ condition }} and not is_after) as double)
        / nullif(count({{ value }}) filter (where {{ condition }} and not is_after), 0)
        - cast(sum({{ value }}) filter (where {{ condition }} and is_after) as double)
        / nullif(count({{ value }}) filter (where {{ condition }} and is_after), 0)
        as decimal(9, 4)
    )
{%- endmacro -%}
