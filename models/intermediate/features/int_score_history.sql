with points as (

    select * from {{ ref('int_history_points') }}

),

states as (

    select * from {{ ref('int_ledger_states') }}

),

-- What was still open at the end of an invoice's due date, as a share of its amount. An invoice due
-- before it was issued falls due on issue; one of zero owes nothing.
fallen_due as (

    select
        ledger_no,
        greatest(due_day, issued_day) as fell_due_day,
        case
            when net_due_amount > 0
                then
                    cast(
                        cast(unsettled_amount as double) / cast(net_due_amount as double)
                        as decimal(9, 6)
                    )
            else 0
        end as unpaid_share
    from states
    where
        invoiced_amount > 0
        and greatest(due_day, issued_day) >= from_day
        and greatest(due_day, issued_day) < to_day

),

timeline as (

    select
        ledger_no,
        known_day as day_no,
        true as is_point,
        0 as fallen_due,
        null as unpaid_share
    from points

    union all

    select
        ledger_no,
        fell_due_day as day_no,
        false as is_point,
        1 as fallen_due,
        unpaid_share
    from fallen_due

),

running as (

    select
        ledger_no,
        day_no,
        is_point,
        sum(fallen_due) over last_90_days as fallen_due_90d,
        sum(unpaid_share) over last_90_days as unpaid_shares_90d,
        sum(fallen_due) over last_180_days as fallen_due_180d,
        sum(unpaid_share) over last_180_days as unpaid_shares_180d,
        max(unpaid_share) over last_365_days as max_unpaid_share_365d
    from timeline
    window
        last_90_days as (
            partition by ledger_no order by day_no range between 90 preceding and 1 preceding
        ),
        last_180_days as (
            partition by ledger_no order by day_no range between 180 preceding and 1 preceding
        ),
        last_365_days as (
            partition by ledger_no order by day_no range between 365 preceding and 1 preceding
        )

),

final as (

    select
        ledger_no,
        day_no as known_day,
        cast(unpaid_shares_90d as double) / cast(nullif(fallen_due_90d, 0) as double)
            as unpaid_score_90d,
        cast(unpaid_shares_180d as double) / cast(nullif(fallen_due_180d, 0) as double)
            as unpaid_score_180d,
        cast(max_unpaid_share_365d as double) as unpaid_share_max_365d
    from running
    where is_point

)

select * from final
