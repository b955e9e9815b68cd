-- Accounts closed by our checks, by the billing system's list, or by both.

with comparisons as (

    select * from {{ ref('int_check_comparisons') }}
    where delinquency_status = 'Closed'

),

bad_debts as (

    select * from {{ ref('stg_billing__bad_debts') }}
    where is_accepted

),

checks as (

    select * from {{ ref('int_delinquency_checks') }}
    where check_number = 1

),

accounts as (

    select * from {{ ref('int_accounts') }}

),

-- extracts without any list of closures close no account by it
lists as (

    select count(*) as bad_debts_listed
    from bad_debts

),

recorded as (

    select * from bad_debts
    where closed_on <= {{ as_of_date() }}

),

joined as (

    select
        coalesce(comparisons.account_id, recorded.account_id) as account_id,
        comparisons.currency,
        comparisons.check_date,
        comparisons.invoice_id,
        comparisons.unpaid_amount,
        comparisons.penalty_score,
        comparisons.is_in_ledger,
        recorded.account_id is not null as is_recorded,
        recorded.closed_on as recorded_closed_on,
        recorded.closing_balance as recorded_balance,
        recorded.score as recorded_score,
        recorded.is_bad_debt as recorded_is_bad_debt
    from comparisons
    full outer join recorded
        on comparisons.account_id = recorded.account_id

),

final as (

    select
        joined.account_id,
        coalesce(joined.currency, accounts.currency) as currency,
        accounts.customer_id,
        accounts.line_of_business,
        coalesce(joined.check_date, joined.recorded_closed_on) as closed_on,
        joined.invoice_id,
        cast(coalesce(joined.unpaid_amount, joined.recorded_balance) as decimal(18, 2))
            as closing_balance,
        cast(coalesce(joined.penalty_score, joined.recorded_score) as decimal(18, 3))
            as penalty_score,
        case
            when joined.check_date is null then 'ledger'
            when not joined.is_recorded then 'checks'
            else 'both'
        end as closed_by,
        joined.recorded_closed_on,
        joined.recorded_balance,
        joined.recorded_score,
        joined.recorded_is_bad_debt,
        case
            -- accounts without a policy for their line, or never billed, cannot be compared
            when joined.check_date is null
                then case when checks.account_id is not null then false end
            when not joined.is_recorded
                then case when joined.is_in_ledger and lists.bad_debts_listed > 0 then false end
            else
                joined.recorded_closed_on = joined.check_date
                and coalesce(joined.recorded_balance = joined.unpaid_amount, true)
                and coalesce(joined.recorded_score = joined.penalty_score, true)
                and coalesce(joined.recorded_is_bad_debt = (joined.unpaid_amount > 0), true)
        end as agrees_with_ledger
    from joined
    cross join lists
    inner join accounts
        on joined.account_id = accounts.account_id
    left join checks
        on joined.account_id = checks.account_id

)

select * from final
