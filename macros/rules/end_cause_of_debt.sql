{#- Why an unpaid or partly paid invoice ceased to be a case, read from its balance on the day the case ended. Uses the
    columns paid_gain and credit_gain (that day's changes), outstanding_after, written_off_after and currency. Where cash
    and credit settle it on one day, the larger of the two counts. -#}
{%- macro end_cause_of_debt(otherwise) -%}
    case
        when written_off_after > 0 then 'written_off'
        when outstanding_after > {{ small_balance_tolerance('currency') }}
            then case when paid_gain > 0 then 'paid' else '{{ otherwise }}' end
        when paid_gain >= credit_gain then 'paid'
        when credit_gain > 0 then 'credited'
        else '{{ otherwise }}'
    end
{%- endmacro -%}
