{#- Why an unpaid or partly paid invoice ceased to be a case, told by its balance on the day that ended it. Written on the
    columns paid_gain and credit_gain (what that day brought), outstanding_after, written_off_after and currency. Where
    cash and credit settle it on one day, the larger of them has. -#}
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
