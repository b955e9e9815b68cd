with settlement as (

    select * from {{ ref('int_invoice_settlement') }}

),

invoices as (

    select * from {{ ref('int_ledger_invoices') }}

),

history as (

    select * from {{ ref('int_account_history') }}

),

baskets as (

    select * from {{ ref('int_invoice_baskets') }}

),

final as (

    select
        -- ids
        settlement.invoice_id,
        settlement.account_id,
        settlement.line_of_business,
        settlement.currency,
        settlement.invoice_date,

        -- the invoice
        settlement.invoiced_amount as invoice_amount,
        coalesce(baskets.line_item_count, 0) as line_item_count,
        cast(coalesce(baskets.item_quantity, 0) as decimal(18, 3)) as item_quantity,
        invoices.due_day - invoices.issued_day as terms_days,
        cast(settlement.invoiced_amount as double) * history.invoices_before
        / nullif(cast(history.invoiced_amount_before as double), 0) as amount_to_average,

        -- calendar
        cast(extract(month from settlement.invoice_date) as integer) as issue_month,
        cast({{ iso_day_of_week('settlement.invoice_date') }} as integer) as issue_iso_weekday,
        {{ days_from('settlement.invoice_date', 'last_day(settlement.invoice_date)') }}
            as issue_days_to_month_end,
        cast({{ iso_day_of_week('settlement.due_date') }} as integer) as due_iso_weekday,
        {{ days_from('settlement.due_date', 'last_day(settlement.due_date)') }}
            as due_days_to_month_end,

        -- tenure
        history.account_age_days,
        history.is_first_invoice,
        history.invoices_before,
        history.invoices_prev_120d,
        history.days_since_last_invoice,

        -- settled before issue
        history.settled_count,
        history.settled_late_count,
        history.settled_late_ratio,
        history.settled_amount,
        history.settled_late_amount,
        history.settled_late_amount_ratio,
        history.avg_days_late,
        history.avg_days_to_settle,
        history.last_settled_was_late,
        history.late_streak,

        -- open at issue
        history.open_count,
        history.open_amount,
        history.open_late_count,
        history.open_late_amount,
        history.open_late_ratio,
        history.open_late_amount_ratio,
        history.avg_days_open_late,
        history.written_off_count,

        -- scores
        history.unpaid_score_90d,
        history.unpaid_score_180d,
        history.unpaid_share_max_365d,

        -- credit limit, disputes, service
        history.credit_limit,
        history.credit_limit_use,
        history.disputes_before,
        history.open_disputes,
        history.requests_prev_90d,
        history.open_requests,

        -- labels, as of the as-of date
        case
            when settlement.written_off_amount > 0 then true
            when settlement.settled_date is not null
                then settlement.settled_date > settlement.due_date
            when settlement.as_of_date > settlement.due_date then true
        end as is_late,
        case when settlement.written_off_amount = 0 then settlement.days_late end as days_late,

        -- the split
        cast(extract(year from settlement.invoice_date) as {{ dbt.type_string() }})
        || '-Q'
        || cast(extract(quarter from settlement.invoice_date) as {{ dbt.type_string() }}) as fold
    from settlement
    inner join invoices
        on settlement.invoice_id = invoices.invoice_id
    inner join history
        on
        invoices.ledger_no = history.ledger_no
        and invoices.issued_day = history.known_day
    left join baskets
        on settlement.invoice_id = baskets.invoice_id

)

select * from final
