-- Which bills of meters are wrong, by how much, and what is the evidence?

select
    cases.rule,
    cases.invoice_id,
    cases.amount,
    cases.currency,
    bills.kwh_difference,
    cases.evidence,
    cases.account_id,
    bills.meter_number,
    bills.rate_schedule,
    bills.billed_kwh,
    bills.metered_kwh,
    cases.first_seen_on
from {{ ref('fct_leakage_cases') }} as cases
inner join {{ ref('fct_bill_rerating') }} as bills
    on cases.invoice_id = bills.invoice_id
where
    cases.status = 'open'
    and cases.rule in (
        'unbilled_usage', 'under_billed', 'over_billed', 'billed_while_disconnected'
    )
order by
    cases.currency asc,
    cases.amount desc,
    cases.rule asc,
    cases.invoice_id asc
