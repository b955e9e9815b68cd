-- Which accounts have unapplied cash while invoices are open?

select
    account_id,
    cash_application,
    currency,
    unapplied_amount,
    outstanding_amount,
    applicable_amount
from {{ ref('fct_unapplied_cash') }}
where has_open_invoices
order by currency asc, applicable_amount desc, account_id asc
