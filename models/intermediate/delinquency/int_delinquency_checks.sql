-- The score is what the penalties add up to since the last check that found nothing unpaid.

with penalties as (

    select * from {{ ref('int_check_penalties') }}

),

numbered as (

    select
        *,
        row_number() over by_date as check_number,
        sum(case when unpaid_amount = 0 then 1 else 0 end) over by_date as clearings
    from penalties
    window by_date as (
        partition by account_id
        order by check_date
        rows between unbounded preceding and current row
    )

),

scored as (

    select
        *,
        sum(penalty) over since_clearing as penalty_score,
        sum(case when unpaid_amount > 0 then 1 else 0 end) over since_clearing as unpaid_streak
    from numbered
    window since_clearing as (
        partition by account_id, clearings
        order by check_date
        rows between unbounded preceding and current row
    )

),

stated as (

    select
        *,
        case
            when penalty_score >= close_score then 'Closed'
            when penalty_score >= suspend_score then 'Suspended'
            when penalty_score > 0 then 'Delinquent'
            else 'Active'
        end as delinquency_status
    from scored

),

followed as (

    select
        *,
        lag(delinquency_status) over (
            partition by account_id
            order by check_date
        ) as status_before,
        sum(case when delinquency_status = 'Closed' then 1 else 0 end) over (
            partition by account_id
            order by check_date
            rows between unbounded preceding and 1 preceding
        ) as closings_before
    from stated

),

-- closing is terminal
final as (

    select
        account_id,
        currency,
        check_date,
        invoice_id,
        cast(check_number as integer) as check_number,
        total_due_amount,
        unpaid_amount,
        cast(
            case
                when unpaid_amount = 0 then 0
                -- reversals of earlier payments add to the amount, not to the share
                when unpaid_amount >= total_due_amount then 1
                else cast(unpaid_amount as double) / cast(total_due_amount as double)
            end as decimal(18, 6)
        ) as unpaid_ratio,
        miss_type,
        cast(penalty as decimal(18, 3)) as penalty,
        cast(penalty_score as decimal(18, 3)) as penalty_score,
        delinquency_status,
        cast(unpaid_streak as integer) as unpaid_streak,
        delinquency_status = 'Suspended'
        and coalesce(status_before, 'Active') != 'Suspended' as is_suspension
    from followed
    where coalesce(closings_before, 0) = 0

)

select * from final
