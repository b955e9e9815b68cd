{#- The first billing date on a day or after it. -#}
{%- macro first_billing_date(day, billing_day) -%}
    case
        when {{ billing_date_in(day, billing_day) }} >= {{ day }}
            then {{ billing_date_in(day, billing_day) }}
        else {{ billing_date_in(day_add("last_day(" ~ day ~ ")", 1), billing_day) }}
    end
{%- endmacro -%}
