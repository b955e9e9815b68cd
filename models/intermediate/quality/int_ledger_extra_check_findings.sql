-- Only where a penalty policy holds: without a policy there is no check to compare with.

with ledger as (

    select * from {{ ref('stg_billing__balance_snapshots') }}
    where is_accepted and check_date <= {{ as_of_date() }}

),

bills as (

    select * from {{ ref('int_checked_bills') }}

),

accounts as (

    select * from {{ ref('int_accounts') }}

),

policies as (

    select * from {{ ref('int_delinquency_policies') }}
    where step_name = 'none'

),

uncalled as (

    select ledger.*
    from ledger
    left join bills
        on
        ledger.account_id = bills.account_id
        and ledger.check_date = bills.check_date
    where bills.account_id is null

),

final as (

    select
        'ledger_extra_check' as rule,
        'account_check' as entity_type,
        uncalled.check_key as entity_id,
        uncalled.account_id,
        uncalled.invoice_id,
        cast(date_trunc('month', uncalled.check_date) as date) as period_start,
        cast(uncalled.unpaid_balance as decimal(18, 2)) as amount,
        accounts.currency,
        uncalled.check_date as found_on,
        concat_ws(
            '; ',
            'no bill is due on ' || cast(uncalled.check_date as {{ dbt.type_string() }}),
            'the ledger names ' || uncalled.invoice_id
        ) as evidence
    from uncalled
    inner join accounts
        on uncalled.account_id = accounts.account_id
    inner join policies
        on
        accounts.line_of_business = policies.line_of_business
        and uncalled.check_date >= policies.valid_from
        and uncalled.check_date < policies.valid_to

)

select * from final
