with invoices as (

    select * from {{ ref('int_collectable_invoices') }}

),

history as (

    select * from {{ ref('int_account_history') }}

),

accounts as (

    select * from {{ ref('int_accounts') }}

),

account_balances as (

    select * from {{ ref('int_account_balances') }}

),

-- what each account would be judged by if it were billed tomorrow
present as (

    select * from history
    where known_on > {{ as_of_date() }}

),

balances as (

    select
        account_id,
        currency,
        cast(count(*) as integer) as open_invoice_count,
        sum(outstanding_amount) as outstanding_amount,
        sum(case when days_past_due > 0 then outstanding_amount else 0 end) as past_due_amount,
        max(days_past_due) as oldest_days_past_due,
        sum(disputed_amount) as disputed_amount,
        sum(dunned_amount) as dunned_amount,
        sum(case when days_past_due > 0 then dunned_amount else 0 end) as dunned_past_due_amount,
        sum(expected_recoverable_value) as expected_recoverable_value,
        sum(case when days_past_due > 0 then expected_recoverable_value else 0 end)
            as expected_recoverable_past_due
    from invoices
    group by account_id, currency

),

judged as (

    select
        balances.*,
        accounts.customer_id,
        accounts.line_of_business,
        {{ ageing_bucket('balances.oldest_days_past_due') }} as ageing_bucket,
        present.settled_count,
        present.settled_late_count,
        present.avg_days_late,
        present.late_streak,
        present.unpaid_score_90d,
        present.credit_limit,
        present.open_requests,
        present.written_off_count,
        account_balances.unapplied_cash_amount,
        account_balances.unapplied_amount - account_balances.unapplied_cash_amount
            as unapplied_credit_amount
    from balances
    inner join accounts
        on balances.account_id = accounts.account_id
    inner join present
        on
        balances.account_id = present.account_id
        and balances.currency = present.currency
    left join account_balances
        on
        balances.account_id = account_balances.account_id
        and balances.currency = account_balances.currency

),

final as (

    select
        account_id,
        currency,
        customer_id,
        line_of_business,
        cast(
            row_number() over (
                partition by currency
                order by
                    expected_recoverable_past_due desc,
                    expected_recoverable_value desc,
                    account_id asc
            ) as integer
        ) as priority_rank,
        cast(expected_recoverable_past_due as decimal(18, 2)) as expected_recoverable_past_due,
        cast(expected_recoverable_value as decimal(18, 2)) as expected_recoverable_value,
        open_invoice_count,
        cast(outstanding_amount as decimal(18, 2)) as outstanding_amount,
        cast(past_due_amount as decimal(18, 2)) as past_due_amount,
        cast(disputed_amount as decimal(18, 2)) as disputed_amount,
        cast(dunned_amount as decimal(18, 2)) as dunned_amount,
        cast(dunned_past_due_amount as decimal(18, 2)) as dunned_past_due_amount,
        oldest_days_past_due,
        ageing_bucket,
        concat_ws('; ', {{ collection_reasons() }}) as reasons
    from judged

)

select * from final
