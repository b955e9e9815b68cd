{#- The ageing bucket of an open amount by its days past due; the buckets are disjoint and exhaustive. -#}
{%- macro ageing_bucket(days_past_due) -%}
    case
        when {{ days_past_due }} <= 0 then 'not_due'
        when {{ days_past_due }} <= 30 then '1_30'
        when {{ days_past_due }} <= 60 then '31_60'
        when {{ days_past_due }} <= 90 then '61_90'
        when {{ days_past_due }} <= 120 then '91_120'
        else 'over_120'
    end
{%- endmacro -%}
