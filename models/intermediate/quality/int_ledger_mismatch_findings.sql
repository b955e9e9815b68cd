with comparisons as (

    select * from {{ ref('int_check_comparisons') }}

),

final as (

    select
        'ledger_mismatch' as rule,
        'account_check' as entity_type,
        account_id || '|' || cast(check_date as {{ dbt.type_string() }}) as entity_id,
        account_id,
        invoice_id,
        cast(date_trunc('month', check_date) as date) as period_start,
        case
            when balance_agrees then cast(0 as decimal(18, 2))
            else cast(abs(unpaid_amount - recorded_unpaid_balance) as decimal(18, 2))
        end as amount,
        currency,
        check_date as found_on,
        concat_ws(
            '; ',
            case
                when not balance_agrees
                    then
                        'unpaid ' || cast(unpaid_amount as {{ dbt.type_string() }})
                        || ', by the ledger '
                        || cast(recorded_unpaid_balance as {{ dbt.type_string() }})
            end,
            case
                when not penalty_agrees
                    then
                        'penalty ' || cast(penalty as {{ dbt.type_string() }})
                        || ', by the ledger '
                        || cast(recorded_penalty as {{ dbt.type_string() }})
            end,
            case
                when not score_agrees
                    then
                        'score ' || cast(penalty_score as {{ dbt.type_string() }})
                        || ', by the ledger '
                        || cast(recorded_score as {{ dbt.type_string() }})
            end,
            case
                when not status_agrees
                    then delinquency_status || ', by the ledger ' || recorded_status
            end
        ) as evidence
    from comparisons
    where not agrees_with_ledger

)

select * from final
