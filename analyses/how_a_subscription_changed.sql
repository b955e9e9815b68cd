-- How did a subscription's status, plan and price change over time, version by version?

select
    subscription_id,
    effective_date,
    expiry_date,
    subscription_status,
    plan_id,
    monthly_charge
from {{ ref('dim_subscriptions') }}
where
    subscription_id in (
        select versions.subscription_id
        from {{ ref('dim_subscriptions') }} as versions
        group by versions.subscription_id
        having count(*) > 2
    )
order by subscription_id, effective_date
