with month_ends as (

    select * from {{ ref('int_account_month_ends') }}

),

flows as (

    select * from {{ ref('int_account_month_flows') }}

),

checks as (

    select * from {{ ref('int_check_month_ends') }}

),

accounts as (

    select * from {{ ref('int_accounts') }}

),

joined as (

    select
        month_ends.*,
        coalesce(flows.billed_amount, 0) as billed_amount,
        coalesce(flows.credited_amount, 0) as credited_amount,
        coalesce(flows.paid_amount, 0) as paid_amount,
        coalesce(flows.written_off_amount, 0) as written_off_amount,
        coalesce(flows.received_amount, 0) as received_amount,
        checks.penalty_score,
        checks.delinquency_status,
        accounts.line_of_business
    from month_ends
    left join flows
        on
        month_ends.account_id = flows.account_id
        and month_ends.currency = flows.currency
        and month_ends.month_number = flows.month_number
    left join checks
        on
        month_ends.account_id = checks.account_id
        and month_ends.currency = checks.currency
        and month_ends.month_number = checks.month_number
    -- money may come in on an unknown account
    left join accounts
        on month_ends.account_id = accounts.account_id

),

-- the opening balance is the previous closing one, not derived from the month's flows: balances and
-- flows are read from different facts, and the identity tests whether they agree
running as (

    select
        *,
        coalesce(lag(closing_balance) over by_month, 0) as opening_balance,
        sum(received_amount - paid_amount) over by_month as unapplied_cash,
        month_number - coalesce(
            max(case when past_due_amount = 0 then month_number end) over by_month,
            min(month_number) over by_month - 1
        ) as delinquent_streak
    from joined
    window by_month as (
        partition by account_id, currency
        order by month_number
        rows between unbounded preceding and current row
    )

),

final as (

    select
        account_id,
        month_end,
        currency,
        cast(opening_balance as decimal(18, 2)) as opening_balance,
        cast(billed_amount as decimal(18, 2)) as billed_amount,
        cast(credited_amount as decimal(18, 2)) as credited_amount,
        cast(paid_amount as decimal(18, 2)) as paid_amount,
        cast(written_off_amount as decimal(18, 2)) as written_off_amount,
        closing_balance,
        cast(received_amount as decimal(18, 2)) as received_amount,
        cast(unapplied_cash as decimal(18, 2)) as unapplied_cash,
        past_due_amount,
        oldest_days_past_due,
        ageing_not_due,
        ageing_1_30,
        ageing_31_60,
        ageing_61_90,
        ageing_91_120,
        ageing_over_120,
        cast(delinquent_streak as integer) as delinquent_streak,
        penalty_score,
        delinquency_status,
        cast(null as {{ dbt.type_string() }}) as dunning_step,
        line_of_business
    from running

)

select * from final
