{#- Whether a moment is not on a boundary of intervals of the given minutes; days may begin on any full hour. -#}
{%- macro is_off_the_interval(moment, minutes) -%}
    (
        mod(cast(extract(minute from {{ moment }}) as integer), least({{ minutes }}, 60)) != 0
        or {{ moment }} != date_trunc('minute', {{ moment }})
    )
{%- endmacro -%}
