-- The subscriptions an invoice that names none may be for: those active on a billing date of its
-- period. In arrears the billing day is the first day of what is billed, so one rule serves both.

with invoices as (

    select * from {{ ref('int_invoices') }}

),

subscriptions as (

    select * from {{ ref('stg_billing__subscriptions') }}
    where is_accepted

),

spells as (

    select * from {{ ref('int_subscription_spells') }}
    where status = 'Active'

),

plans as (

    select * from {{ ref('stg_billing__plans') }}
    where is_accepted

),

periods as (

    select
        account_id,
        period_start,
        period_end
    from invoices
    where line_of_business = 'subscription' and subscription_id is null
    group by account_id, period_start, period_end

),

spans as (

    select
        periods.account_id,
        periods.period_start,
        periods.period_end,
        subscriptions.subscription_id,
        subscriptions.billing_day,
        subscriptions.quantity,
        spells.monthly_charge,
        {{ name_key('coalesce(plans.plan_name, spells.plan_id)') }} as plan_key,
        greatest(
            periods.period_start,
            spells.valid_from,
            coalesce(subscriptions.started_on, periods.period_start)
        ) as active_from,
        least(periods.period_end, spells.billable_through) as active_to
    from periods
    inner join subscriptions
        on periods.account_id = subscriptions.account_id
    inner join spells
        on subscriptions.subscription_id = spells.subscription_id
    left join plans
        on spells.plan_id = plans.plan_id

),

dated as (

    select
        *,
        {{ first_billing_date('active_from', 'billing_day') }} as billing_date,
        {{ month_number('active_to') }}
        + case when {{ billing_date_in('active_to', 'billing_day') }} <= active_to then 1 else 0 end
            as month_after
    from spans
    where active_from <= active_to

),

final as (

    select
        account_id,
        period_start,
        period_end,
        subscription_id,
        min(billing_date) as billing_date,
        min_by(plan_key, billing_date) as plan_key,
        min(quantity) as quantity,
        cast(
            sum(monthly_charge * (month_after - {{ month_number('billing_date') }}))
            as decimal(38, 2)
        ) as amount
    from dated
    where billing_date <= active_to
    group by account_id, period_start, period_end, subscription_id

)

select * from final
