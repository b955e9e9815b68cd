{#- The reasons for an account's place on the call list, in words, one phrase for each reason that applies. -#}
{%- macro collection_reasons() -%}
    case
        when oldest_days_past_due > 0
            then cast(cast(past_due_amount as decimal(18, 2)) as {{ dbt.type_string() }}) || ' '
                || currency || ' past due, the oldest for '
                || cast(oldest_days_past_due as {{ dbt.type_string() }})
                || case when oldest_days_past_due = 1 then ' day' else ' days' end
        else 'nothing past due'
    end,
    case
        when disputed_amount > 0
            then cast(cast(disputed_amount as decimal(18, 2)) as {{ dbt.type_string() }}) || ' '
                || currency || ' in dispute, left out'
    end,
    case
        when settled_count = 0 then 'never settled an invoice'
        when settled_late_count = 0 and oldest_days_past_due > 0
            then case
                when settled_count = 1 then 'the one invoice it settled was in time'
                else 'all ' || cast(settled_count as {{ dbt.type_string() }})
                    || ' settled invoices were in time'
            end
        when settled_late_count = 0 then 'never late so far'
        else cast(settled_late_count as {{ dbt.type_string() }}) || ' of '
            || cast(settled_count as {{ dbt.type_string() }}) || ' settled invoices '
            || case when settled_late_count = 1 then 'was late, ' else 'were late, ' end
            || cast(cast(round(avg_days_late) as integer) as {{ dbt.type_string() }})
            || case when round(avg_days_late) = 1 then ' day' else ' days' end
            || case when settled_late_count = 1 then '' else ' on average' end
    end,
    case
        when late_streak > 1
            then 'the last ' || cast(late_streak as {{ dbt.type_string() }}) || ' all late'
    end,
    case
        when unapplied_cash_amount > 0
            then cast(cast(unapplied_cash_amount as decimal(18, 2)) as {{ dbt.type_string() }})
                || ' ' || currency || ' of its own cash is unapplied'
    end,
    case
        when unapplied_credit_amount > 0
            then cast(cast(unapplied_credit_amount as decimal(18, 2)) as {{ dbt.type_string() }})
                || ' ' || currency || ' of its own credit is unapplied'
    end,
    case when outstanding_amount > credit_limit then 'credit limit exceeded' end,
    case
        when written_off_count > 0
            then cast(written_off_count as {{ dbt.type_string() }}) || ' written off before'
    end,
    case
        when open_requests > 0
            then cast(open_requests as {{ dbt.type_string() }}) || ' open service '
                || case when open_requests = 1 then 'request' else 'requests' end
    end
{%- endmacro -%}
