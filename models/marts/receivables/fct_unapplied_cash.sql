with balances as (

    select * from {{ ref('int_account_balances') }}
    where unapplied_amount > 0

),

accounts as (

    select * from {{ ref('int_accounts') }}

),

final as (

    select
        balances.account_id,
        accounts.customer_id,
        accounts.line_of_business,
        accounts.cash_application,
        balances.currency,
        balances.unapplied_amount,
        balances.unapplied_cash_amount,
        balances.outstanding_amount,
        cast(least(balances.unapplied_amount, balances.outstanding_amount) as decimal(18, 2))
            as applicable_amount,
        balances.open_invoice_count,
        balances.oldest_due_date,
        balances.open_invoice_count > 0 as has_open_invoices,
        balances.account_id is null as is_suspense
    from balances
    left join accounts
        on balances.account_id = accounts.account_id

)

select * from final
