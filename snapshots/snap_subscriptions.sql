{% snapshot snap_subscriptions %}

{{ config(
    unique_key='subscription_id',
    check_cols=['account_id', 'plan_id', 'status', 'billing_day', 'quantity', 'unit_price', 'cancelled_on']
) }}

    select
        subscription_id,
        account_id,
        plan_id,
        status,
        billing_day,
        quantity,
        unit_price,
        started_on,
        cancelled_on
    from {{ ref('stg_billing__subscriptions') }}
    where is_accepted

{% endsnapshot %}
