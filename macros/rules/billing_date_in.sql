{#- The billing date of the month that a day lies in: the billing day, or the month's last day where it is shorter. -#}
{%- macro billing_date_in(day, billing_day) -%}
    {{ day_add(
        "cast(date_trunc('month', " ~ day ~ ") as date)",
        "least(" ~ billing_day ~ ", cast(extract(day from last_day(" ~ day ~ ")) as integer)) - 1"
    ) }}
{%- endmacro -%}
