-- A bill is checked on its due date, or on its day of issue where that is later: before it there is
-- no bill. Of several bills of an account due on one day the one issued last is checked, of these
-- the one with the largest id. Only balance-forward accounts have a penalty score: an open-item
-- account is paid bill by bill, and nothing is ever "cleared" there.

with invoices as (

    select * from {{ ref('int_invoices') }}

),

accounts as (

    select * from {{ ref('int_accounts') }}
    where cash_application = 'balance_forward'

),

policies as (

    select * from {{ ref('int_delinquency_policies') }}
    where step_name = 'none'

),

due as (

    select
        invoices.account_id,
        invoices.currency,
        invoices.invoice_id,
        invoices.line_of_business,
        invoices.invoice_date,
        greatest(invoices.due_date, invoices.invoice_date) as check_date,
        coalesce(invoices.statement_amount, invoices.invoiced_amount) as total_due_amount
    from invoices
    inner join accounts
        on invoices.account_id = accounts.account_id
    inner join policies
        on
        invoices.line_of_business = policies.line_of_business
        and greatest(invoices.due_date, invoices.invoice_date) >= policies.valid_from
        and greatest(invoices.due_date, invoices.invoice_date) < policies.valid_to

),

ranked as (

    select
        *,
        row_number() over (
            partition by account_id, check_date
            order by invoice_date desc, invoice_id desc
        ) as bill_rank
    from due
    where check_date <= {{ as_of_date() }}

),

final as (

    select
        account_id,
        currency,
        check_date,
        invoice_id,
        line_of_business,
        invoice_date,
        cast(total_due_amount as decimal(18, 2)) as total_due_amount
    from ranked
    where bill_rank = 1

)

select * from final
