{#- By how much the mean of a value is lower after a break than before it, on the days that a condition picks. -#}
{%- macro drop_of(value, condition, is_after) -%}
    (
        cast(sum({{ value }}) filter (where {{ condition }} and not {{ is_after }}) as double)
        / nullif(count({{ value }}) filter (where {{ condition }} and not {{ is_after }}), 0)
        - cast(sum({{ value }}) filter (where {{ condition }} and {{ is_after }}) as double)
        / nullif(count({{ value }}) filter (where {{ condition }} and {{ is_after }}), 0)
    )
{%- endmacro -%}
