{#- Where an invoice for a subscription states no period it is for its month of issue, billed in arrears for the month
    before. -#}
{%- macro default_period_start(invoice_date, billed) -%}
    cast(date_trunc(
        'month',
        case
            when {{ billed }} = 'in_arrears'
                then {{ day_add("cast(date_trunc('month', " ~ invoice_date ~ ") as date)", -1) }}
            else {{ invoice_date }}
        end
    ) as date)
{%- endmacro -%}
