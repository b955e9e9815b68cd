-- Our figures and the ledger's, check by check. Each is compared only where the ledger states it.

with checks as (

    select * from {{ ref('int_delinquency_checks') }}

),

ledger as (

    select * from {{ ref('stg_billing__balance_snapshots') }}
    where is_accepted and check_date <= {{ as_of_date() }}

),

accounts as (

    select * from {{ ref('int_accounts') }}

),

compared as (

    select
        checks.*,
        accounts.line_of_business,
        ledger.account_id is not null as is_in_ledger,
        ledger.invoice_id as recorded_invoice_id,
        ledger.total_due as recorded_total_due,
        ledger.due_date as recorded_due_date,
        ledger.unpaid_balance as recorded_unpaid_balance,
        ledger.unpaid_ratio as recorded_unpaid_ratio,
        ledger.previous_unpaid_balance as recorded_previous_unpaid_balance,
        ledger.previous_score as recorded_previous_score,
        ledger.delinquency_type as recorded_miss_type,
        ledger.penalty as recorded_penalty,
        ledger.score as recorded_score,
        ledger.status as recorded_status,
        ledger.check_action as recorded_action,
        -- a credit balance means nothing is unpaid
        case when ledger.unpaid_balance < 0 then 0 else ledger.unpaid_balance end
        = checks.unpaid_amount as balance_agrees,
        ledger.penalty = checks.penalty as penalty_agrees,
        ledger.score = checks.penalty_score as score_agrees,
        -- a delinquent account is still active in a ledger without a word for it
        case
            when checks.delinquency_status = 'Delinquent'
                then ledger.status in ('Active', 'Delinquent')
            else ledger.status = checks.delinquency_status
        end as status_agrees
    from checks
    inner join accounts
        on checks.account_id = accounts.account_id
    left join ledger
        on
        checks.account_id = ledger.account_id
        and checks.check_date = ledger.check_date

),

final as (

    select
        *,
        case
            when coalesce(balance_agrees, penalty_agrees, score_agrees, status_agrees) is not null
                then
                    coalesce(balance_agrees, true)
                    and coalesce(penalty_agrees, true)
                    and coalesce(score_agrees, true)
                    and coalesce(status_agrees, true)
        end as agrees_with_ledger
    from compared

)

select * from final
