-- A period is expected where it lies within the extracts' coverage and the subscription and its
-- account are both active on its billing date. Billing in arrears is expected for whole periods of
-- service: what a part of one costs is not known. Long because of the joins for these conditions.

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

-- the extracts' coverage: periods before or after it are unknown, not missing
covered_months as (

    select
        coverage.line_of_business,
        coverage.covers_from,
        least(coverage.covers_to, {{ as_of_date() }}) as covers_to,
        months.month_start,
        {{ day_add('months.month_end', 1) }} as next_month_start
    from coverage
    inner join months
        on
        coverage.covers_from <= months.month_end
        and months.month_start <= least(coverage.covers_to, {{ as_of_date() }})

),

anchors as (

    select
        subscriptions.subscription_id,
        subscriptions.account_id,
        subscriptions.billed,
        subscriptions.started_on,
        accounts.currency as account_currency,
        covered_months.month_start as period_start,
        covered_months.covers_from,
        covered_months.covers_to,
        {{ billing_date_in('covered_months.month_start', 'subscriptions.billing_day') }}
            as anchor_on,
        {{ billing_date_in('covered_months.next_month_start', 'subscriptions.billing_day') }}
            as next_anchor_on
    from subscriptions
    inner join accounts
        on subscriptions.account_id = accounts.account_id
    inner join covered_months
        on accounts.line_of_business = covered_months.line_of_business

),

-- in advance only the first day of a period matters; in arrears the whole period has to be served
periods as (

    select
        *,
        case when billed = 'in_arrears' then next_anchor_on else anchor_on end as billing_date,
        case
            when billed = 'in_arrears' then {{ day_add('next_anchor_on', -1) }}
            else anchor_on
        end as served_on,
        case when billed = 'in_arrears' then subscription_id end as served_throughout_id
    from anchors

),

final as (

    select
        periods.subscription_id,
        periods.account_id,
        periods.period_start,
        periods.anchor_on as covered_on,
        periods.billing_date,
        periods.billed,
        subscription_spells.plan_id,
        subscription_spells.monthly_charge as expected_amount,
        coalesce(subscription_spells.currency, periods.account_currency) as currency,
        -- whether an invoice before the extracts can cover any of it
        coalesce(periods.started_on < periods.covers_from, true) as started_before_extracts,
        periods.covers_from
    from periods
    inner join subscription_spells
        on
        periods.subscription_id = subscription_spells.subscription_id
        and periods.served_on >= subscription_spells.valid_from
        and periods.served_on <= subscription_spells.billable_through
    inner join account_spells
        on
        periods.account_id = account_spells.account_id
        and periods.served_on >= account_spells.valid_from
        and periods.served_on <= account_spells.billable_through
    left join subscription_spells as first_spells
        on
        periods.served_throughout_id = first_spells.subscription_id
        and periods.anchor_on >= first_spells.valid_from
        and periods.anchor_on <= first_spells.billable_through
    where
        periods.anchor_on >= periods.covers_from
        and periods.billing_date <= periods.covers_to
        and coalesce(periods.started_on <= periods.anchor_on, true)
        and (periods.served_throughout_id is null or first_spells.subscription_id is not null)

)

select * from final
