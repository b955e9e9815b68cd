with points as (

    select * from {{ ref('int_history_points') }}

),

ledgers as (

    select * from {{ ref('int_ledgers') }}

),

settled as (

    select * from {{ ref('int_settled_history') }}

),

open_then as (

    select * from {{ ref('int_open_history') }}

),

scores as (

    select * from {{ ref('int_score_history') }}

),

disputes as (

    select * from {{ ref('int_dispute_history') }}

),

requests as (

    select * from {{ ref('int_request_history') }}

),

credit_limits as (

    select * from {{ ref('int_credit_limits') }}

),

final as (

    select
        points.ledger_no,
        points.known_day,
        ledgers.account_id,
        ledgers.currency,
        ledgers.line_of_business,
        {{ day_add("cast('1970-01-01' as date)", 'points.known_day') }} as known_on,
        points.known_day - {{ day_number('ledgers.opened_on') }} as account_age_days,
        points.invoices_before = 0 as is_first_invoice,
        points.invoices_before,
        points.invoiced_amount_before,
        points.invoices_prev_120d,
        points.days_since_last_invoice,
        settled.settled_count,
        settled.settled_late_count,
        cast(settled.settled_late_count as double)
        / nullif(cast(settled.settled_count as double), 0) as settled_late_ratio,
        settled.settled_amount,
        settled.settled_late_amount,
        cast(settled.settled_late_amount as double)
        / nullif(cast(settled.settled_amount as double), 0) as settled_late_amount_ratio,
        cast(settled.settled_days_late as double)
        / nullif(cast(settled.settled_late_count as double), 0) as avg_days_late,
        cast(settled.settled_days_to_settle as double)
        / nullif(cast(settled.settled_count as double), 0) as avg_days_to_settle,
        case when settled.has_settled then settled.late_streak > 0 end as last_settled_was_late,
        settled.late_streak,
        open_then.open_count,
        open_then.open_amount,
        open_then.open_late_count,
        open_then.open_late_amount,
        cast(open_then.open_late_count as double)
        / nullif(cast(open_then.open_count as double), 0) as open_late_ratio,
        cast(open_then.open_late_amount as double)
        / nullif(cast(open_then.open_amount as double), 0) as open_late_amount_ratio,
        cast(open_then.open_days_late as double)
        / nullif(cast(open_then.open_late_count as double), 0) as avg_days_open_late,
        open_then.written_off_count,
        scores.unpaid_score_90d,
        scores.unpaid_score_180d,
        scores.unpaid_share_max_365d,
        credit_limits.credit_limit,
        cast(open_then.open_amount as double)
        / nullif(cast(credit_limits.credit_limit as double), 0) as credit_limit_use,
        coalesce(disputes.disputes_before, 0) as disputes_before,
        coalesce(disputes.open_disputes, 0) as open_disputes,
        coalesce(requests.requests_prev_90d, 0) as requests_prev_90d,
        coalesce(requests.open_requests, 0) as open_requests
    from points
    inner join ledgers
        on points.ledger_no = ledgers.ledger_no
    inner join settled
        on points.ledger_no = settled.ledger_no and points.known_day = settled.known_day
    inner join open_then
        on points.ledger_no = open_then.ledger_no and points.known_day = open_then.known_day
    inner join scores
        on points.ledger_no = scores.ledger_no and points.known_day = scores.known_day
    left join disputes
        on points.ledger_no = disputes.ledger_no and points.known_day = disputes.known_day
    left join requests
        on points.ledger_no = requests.ledger_no and points.known_day = requests.known_day
    left join credit_limits
        on
        ledgers.account_id = credit_limits.account_id
        and points.known_day >= credit_limits.known_from_day
        and points.known_day < credit_limits.known_to_day

)

select * from final
