with comparisons as (

    select * from {{ ref('int_check_comparisons') }}

),

final as (

    select
        account_id,
        check_date,
        invoice_id,
        unpaid_ratio,
        penalty,
        penalty_score,
        delinquency_status,
        recorded_score,
        recorded_status,
        agrees_with_ledger,
        line_of_business,
        currency,
        check_number,
        total_due_amount,
        unpaid_amount,
        miss_type,
        unpaid_streak,
        is_suspension,
        recorded_invoice_id,
        recorded_total_due,
        recorded_due_date,
        recorded_unpaid_balance,
        recorded_unpaid_ratio,
        recorded_previous_unpaid_balance,
        recorded_previous_score,
        recorded_miss_type,
        recorded_penalty,
        recorded_action
    from comparisons

)

select * from final
