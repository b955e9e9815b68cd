-- If this fails, a charge, a movement or a receipt of the months that are over is missing from the
-- monthly books, or is there twice. Unlike the identity of every row this also sees an account that
-- is missing altogether, on any as-of date.

with last_month as (

    select max(month_end) as month_end from {{ ref('fct_account_months') }}

),

facts as (

    select
        currency,
        invoice_date as happened_on,
        invoiced_amount as billed_amount,
        0 as credited_amount,
        0 as paid_amount,
        0 as received_amount
    from {{ ref('fct_invoices') }}

    union all

    select
        currency,
        movement_on as happened_on,
        0 as billed_amount,
        case when {{ is_credit('cause') }} then amount else 0 end as credited_amount,
        case when {{ is_credit('cause') }} then 0 else amount end as paid_amount,
        0 as received_amount
    from {{ ref('fct_cash_movements') }}

    union all

    select
        currency,
        payment_date as happened_on,
        0 as billed_amount,
        0 as credited_amount,
        0 as paid_amount,
        amount_paid as received_amount
    from {{ ref('fct_payments') }}
    where account_id is not null

    union all

    select
        currency,
        reversed_on as happened_on,
        0 as billed_amount,
        0 as credited_amount,
        0 as paid_amount,
        -amount as received_amount
    from {{ ref('int_payment_reversals') }}
    where account_id is not null

),

dated as (

    select
        facts.currency,
        sum(facts.billed_amount) as billed_amount,
        sum(facts.credited_amount) as credited_amount,
        sum(facts.paid_amount) as paid_amount,
        sum(facts.received_amount) as received_amount
    from facts
    inner join last_month
        on facts.happened_on <= last_month.month_end
    group by facts.currency

),

monthly as (

    select
        currency,
        sum(billed_amount) as billed_amount,
        sum(credited_amount) as credited_amount,
        sum(paid_amount) as paid_amount,
        sum(received_amount) as received_amount
    from {{ ref('fct_account_months') }}
    group by currency

)

select
    coalesce(dated.currency, monthly.currency) as currency,
    dated.billed_amount,
    monthly.billed_amount as monthly_billed_amount,
    dated.credited_amount,
    monthly.credited_amount as monthly_credited_amount,
    dated.paid_amount,
    monthly.paid_amount as monthly_paid_amount,
    dated.received_amount,
    monthly.received_amount as monthly_received_amount
from dated
full outer join monthly
    on dated.currency = monthly.currency
where
    coalesce(dated.billed_amount, 0) != coalesce(monthly.billed_amount, 0)
    or coalesce(dated.credited_amount, 0) != coalesce(monthly.credited_amount, 0)
    or coalesce(dated.paid_amount, 0) != coalesce(monthly.paid_amount, 0)
    or coalesce(dated.received_amount, 0) != coalesce(monthly.received_amount, 0)
