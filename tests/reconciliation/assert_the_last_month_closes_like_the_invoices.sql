-- If this fails on an as-of date that ends a month, the monthly books end with other balances than
-- the invoices and receipts themselves: an account or an amount was lost on the way, or is there
-- twice. On other days the last month closed before them, and there is nothing to compare.

with closed as (

    select
        account_id,
        currency,
        closing_balance,
        unapplied_cash
    from {{ ref('fct_account_months') }}
    where month_end = {{ as_of_date() }}

),

invoiced as (

    select
        account_id,
        currency,
        sum(outstanding_amount) as outstanding_amount
    from {{ ref('fct_invoices') }}
    group by account_id, currency

),

balances as (

    select
        balances.account_id,
        balances.currency,
        coalesce(invoiced.outstanding_amount, 0) as outstanding_amount,
        balances.unapplied_cash_amount
    from {{ ref('int_account_balances') }} as balances
    left join invoiced
        on balances.account_id = invoiced.account_id and balances.currency = invoiced.currency
    where balances.account_id is not null and {{ as_of_date() }} = last_day({{ as_of_date() }})

)

select
    coalesce(closed.account_id, balances.account_id) as account_id,
    coalesce(closed.currency, balances.currency) as currency,
    closed.closing_balance,
    balances.outstanding_amount,
    closed.unapplied_cash,
    balances.unapplied_cash_amount
from closed
full outer join balances
    on closed.account_id = balances.account_id and closed.currency = balances.currency
where
    closed.closing_balance is distinct from balances.outstanding_amount
    or closed.unapplied_cash is distinct from balances.unapplied_cash_amount
