-- A check is missed only where the ledger could have it: it knows the account, has not closed it,
-- and has checks of the line of business both up to that day and from it on. What was not
-- extracted is unknown, not missing.

with comparisons as (

    select * from {{ ref('int_check_comparisons') }}

),

known_accounts as (

    select
        account_id,
        min(check_date) as first_check_on,
        min(case when recorded_status = 'Closed' then check_date end) as closed_on
    from comparisons
    where is_in_ledger
    group by account_id

),

missed as (

    select
        comparisons.*,
        known_accounts.first_check_on
    from comparisons
    inner join known_accounts
        on comparisons.account_id = known_accounts.account_id
    where
        not comparisons.is_in_ledger
        and (
            known_accounts.closed_on is null
            or comparisons.check_date < known_accounts.closed_on
        )

),

days as (

    select
        line_of_business,
        check_date,
        bool_or(is_in_ledger) as has_ledger
    from comparisons
    group by line_of_business, check_date

),

surrounded as (

    select
        line_of_business,
        check_date,
        min(case when has_ledger then check_date end) over (
            partition by line_of_business
            order by check_date
            rows between current row and unbounded following
        ) as next_ledger_day,
        min(case when has_ledger then check_date end) over (
            partition by line_of_business
            order by check_date
            rows between unbounded preceding and current row
        ) as first_ledger_day
    from days

),

final as (

    select
        'ledger_missing_check' as rule,
        'account_check' as entity_type,
        missed.account_id || '|' || cast(missed.check_date as {{ dbt.type_string() }})
            as entity_id,
        missed.account_id,
        missed.invoice_id,
        cast(date_trunc('month', missed.check_date) as date) as period_start,
        missed.unpaid_amount as amount,
        missed.currency,
        greatest(missed.first_check_on, surrounded.next_ledger_day) as found_on,
        'bill ' || missed.invoice_id || ' was due on '
        || cast(missed.check_date as {{ dbt.type_string() }})
        || ', and the ledger has no check of it' as evidence
    from missed
    inner join surrounded
        on
        missed.line_of_business = surrounded.line_of_business
        and missed.check_date = surrounded.check_date
    where surrounded.next_ledger_day is not null and surrounded.first_ledger_day is not null

)

select * from final
