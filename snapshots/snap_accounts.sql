{% snapshot snap_accounts %}

{{ config(
    unique_key='account_id',
    check_cols=['customer_id', 'line_of_business', 'status', 'cash_application', 'payment_terms_days', 'credit_limit', 'currency', 'closed_on', 'is_stub']
) }}

    select
        account_id,
        customer_id,
        line_of_business,
        status,
        cash_application,
        payment_terms_days,
        credit_limit,
        currency,
        opened_on,
        closed_on,
        is_stub
    from {{ ref('int_accounts') }}

{% endsnapshot %}
