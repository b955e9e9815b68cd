{#- Whether a period ends on the day on which the next one begins, whole months after its own first day. Months are counted
    from the period's first day, from the billing day, or from month's end to month's end. A first period may be shorter: it
    then begins with the subscription and ends on its billing day, unless that is the last day of a month, or of a whole
    interval. -#}
{%- macro ends_outside(period_start, period_end, billing_day, started_on) -%}
    {%- set start_day = "cast(extract(day from " ~ period_start ~ ") as integer)" -%}
    {%- set day_after = day_add(period_end, 1) -%}
    (
        {{ month_number(period_end) }} > {{ month_number(period_start) }}
        and (
            {{ period_end }} = {{ billing_date_in(period_end, start_day) }}
            or (
                coalesce({{ period_start }} = {{ billing_date_in(period_start, billing_day) }}, false)
                and {{ period_end }} = {{ billing_date_in(period_end, billing_day) }}
            )
            or (
                {{ period_start }} = last_day({{ period_start }})
                and {{ period_end }} = last_day({{ period_end }})
            )
        )
    )
    or (
        {{ period_end }} > {{ period_start }}
        and {{ period_start }} = {{ started_on }}
        and {{ period_start }} != {{ billing_date_in(period_start, billing_day) }}
        and {{ period_end }} = {{ billing_date_in(period_end, billing_day) }}
        and {{ period_end }} != last_day({{ period_end }})
        and not (
            {{ month_number(day_after) }} > {{ month_number(period_start) }}
            and {{ day_after }} = {{ billing_date_in(day_after, start_day) }}
        )
    )
{%- endmacro -%}
