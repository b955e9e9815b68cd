-- A period is expected where its billing date lies within what the extracts can tell, finds the
-- subscription active and its account, too. One model, though long: each step takes dates away, and
-- none is a table that anybody else would read.

with subscriptions as (

    select * from {{ ref('stg_billing__subscriptions') }}
    where is_accepted

),

accounts as (

    select * from {{ ref('int_accounts') }}

),

subscription_spells as (

    select * from {{ ref('int_subscription_spells') }}
    where status = 'Active'

),

account_spells as (

    select * from {{ ref('int_account_spells') }}
    where status = 'Active'

),

months as (

    select * from {{ ref('int_months') }}

),

coverage as (

    select * from {{ ref('int_coverage') }}

),

invoice_periods as (

    select * from {{ ref('int_invoice_periods') }}

),

-- what the extracts can tell: periods before them or after them are unknown, not missing
covered_months as (

    select
        coverage.line_of_business,
        coverage.covers_from,
        least(coverage.covers_to, {{ as_of_date() }}) as covers_to,
        months.month_start,
        months.days_in_month
    from coverage
    inner join months
        on
        coverage.covers_from <= months.month_end
        and months.month_start <= least(coverage.covers_to, {{ as_of_date() }})

),

billing_dates as (

    select
        subscriptions.subscription_id,
        subscriptions.account_id,
        accounts.currency as account_currency,
        subscriptions.started_on,
        covered_months.month_start as period_start,
        covered_months.covers_from,
        covered_months.covers_to,
        {{ day_add(
            'covered_months.month_start',
            'least(subscriptions.billing_day, covered_months.days_in_month) - 1'
        ) }} as billing_date
    from subscriptions
    inner join accounts
        on subscriptions.account_id = accounts.account_id
    inner join covered_months
        on accounts.line_of_business = covered_months.line_of_business

),

expected as (

    select
        billing_dates.subscription_id,
        billing_dates.account_id,
        billing_dates.period_start,
        billing_dates.billing_date,
        subscription_spells.plan_id,
        subscription_spells.monthly_charge as expected_amount,
        coalesce(subscription_spells.currency, billing_dates.account_currency) as currency
    from billing_dates
    inner join subscription_spells
        on
        billing_dates.subscription_id = subscription_spells.subscription_id
        and billing_dates.billing_date >= subscription_spells.valid_from
        and billing_dates.billing_date <= subscription_spells.billable_through
    inner join account_spells
        on
        billing_dates.account_id = account_spells.account_id
        and billing_dates.billing_date >= account_spells.valid_from
        and billing_dates.billing_date <= account_spells.billable_through
    where
        billing_dates.billing_date
        between billing_dates.covers_from and billing_dates.covers_to
        and coalesce(billing_dates.started_on <= billing_dates.billing_date, true)

),

covered as (

    {{ covered_by_first_invoice('expected', 'invoice_periods', 'subscription_id') }}

),

final as (

    select
        subscription_id,
        account_id,
        plan_id,
        period_start,
        billing_date,
        expected_amount,
        currency,
        invoice_id,
        invoice_date,
        {{ day_add('billing_date', var('invoicing_lag_days') + 1) }} as ghost_from,
        {{ as_of_date() }} as as_of_date
    from covered
    where invoice_rank = 1

)

select * from final
