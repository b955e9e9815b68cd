{% snapshot snap_meters %}

{{ config(
    unique_key='meter_id',
    check_cols=['meter_number', 'account_id', 'consumer_type', 'rate_schedule', 'district', 'feeder', 'connected_load_kw', 'status']
) }}

    select
        meter_id,
        meter_number,
        account_id,
        consumer_type,
        rate_schedule,
        district,
        feeder,
        connected_load_kw,
        status,
        installed_on
    from {{ ref('stg_metering__meters') }}
    where is_accepted

{% endsnapshot %}
