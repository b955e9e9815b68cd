with closures as (

    select * from {{ ref('int_closures') }}

),

final as (

    select
        'bad_debt_mismatch' as rule,
        'account' as entity_type,
        account_id as entity_id,
        account_id,
        invoice_id,
        cast(date_trunc('month', closed_on) as date) as period_start,
        cast(
            case
                when closed_by = 'both' then abs(closing_balance - recorded_balance)
                else closing_balance
            end as decimal(18, 2)
        ) as amount,
        currency,
        least(closed_on, recorded_closed_on) as found_on,
        concat_ws(
            '; ',
            case
                when closed_by = 'ledger' then 'no check closes it'
                else
                    'closed on ' || cast(closed_on as {{ dbt.type_string() }}) || ' with '
                    || cast(closing_balance as {{ dbt.type_string() }}) || ' unpaid, score '
                    || cast(penalty_score as {{ dbt.type_string() }})
            end,
            case
                when closed_by = 'checks' then 'the ledger does not list it'
                else 'by the ledger on ' || cast(recorded_closed_on as {{ dbt.type_string() }})
            end,
            'with ' || cast(recorded_balance as {{ dbt.type_string() }}),
            'score ' || cast(recorded_score as {{ dbt.type_string() }})
        ) as evidence
    from closures
    where not agrees_with_ledger

)

select * from final
