with settlement as (

    select * from {{ ref('int_invoice_settlement') }}

),

final as (

    select
        invoice_id,
        account_id,
        customer_id,
        subscription_id,
        line_of_business,
        invoice_date,
        due_date,
        period_start,
        period_end,
        currency,
        invoiced_amount,
        credited_amount,
        net_due_amount,
        paid_amount,
        written_off_amount,
        outstanding_amount,
        overpaid_amount,
        refunded_amount,
        settled_date,
        days_to_settle,
        days_late,
        days_past_due,
        settlement_state,
        timeliness,
        ageing_bucket,
        is_disputed,
        is_small_balance
    from settlement

)

select * from final
