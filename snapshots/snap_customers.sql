{% snapshot snap_customers %}

{{ config(
    unique_key='customer_id',
    check_cols=['customer_name', 'email', 'phone', 'street', 'city', 'region', 'postal_code', 'country', 'segment', 'account_status', 'is_stub']
) }}

    select
        customer_id,
        customer_name,
        email,
        phone,
        street,
        city,
        region,
        postal_code,
        country,
        segment,
        account_status,
        created_on,
        is_stub
    from {{ ref('int_customers') }}

{% endsnapshot %}
