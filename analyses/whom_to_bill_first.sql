-- Which twenty customers of each currency have the most unbilled or unpaid money in open cases,
-- and why?

with customers_at_risk as (

    select
        customers.customer_id,
        customers.customer_type,
        cases.currency,
        sum(cases.amount) as amount_at_risk,
        count(*) filter (where cases.rule = 'ghost') as periods_not_billed,
        count(*) filter (where cases.rule = 'zombie') as invoices_not_paid,
        count(*) filter (where cases.rule = 'leaky_bucket') as invoices_paid_in_part,
        count(*) filter (where cases.rule in ('unbilled_usage', 'under_billed'))
            as bills_too_low,
        count(*) filter (where cases.rule = 'energy_theft') as meters_suspected
    from {{ ref('fct_leakage_cases') }} as cases
    inner join {{ ref('dim_accounts') }} as accounts
        on cases.account_id = accounts.account_id and accounts.is_current
    inner join {{ ref('dim_customers') }} as customers
        on accounts.customer_id = customers.customer_id and customers.is_current
    where cases.status = 'open' and cases.direction = 'under'
    group by customers.customer_id, customers.customer_type, cases.currency

)

select * from customers_at_risk
qualify
    row_number() over (
        partition by currency order by amount_at_risk desc, customer_id asc
    ) <= 20
order by currency asc, amount_at_risk desc, customer_id asc
