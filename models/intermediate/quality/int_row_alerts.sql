with accounts as (

    select * from {{ ref('int_accounts') }}

),

customers as (

    select * from {{ ref('int_customers') }}

),

catalogue_stubs as (

    select * from {{ ref('int_catalogue_stubs') }}

),

batches as (

    select * from {{ ref('stg_control__extract_batches') }}

),

files as (

    select * from {{ ref('stg_control__extract_files') }}

),

readings as (

    select * from {{ ref('stg_metering__readings') }}
    where is_accepted and not is_part and file_no is not null

),

grown as (

    select
        meter_number,
        cast(date_trunc('month', read_at) as date) as read_in,
        batch_no,
        file_no,
        min(source_line) as source_line,
        min(kwh) >= 0 and min(kwh) < max(kwh) and corr(
            cast(kwh as double),
            cast(extract(day from read_at) * 24 + extract(hour from read_at) as double)
        ) >= {{ var('register_min_correlation') }} as is_growing
    from readings
    group by meter_number, cast(date_trunc('month', read_at) as date), batch_no, file_no
    having count(kwh) >= {{ var('register_min_readings') }}

),

-- energies rise and fall; values that grow with time are a register's, which may restart at times
growing_meters as (

    select
        meter_number,
        batch_no,
        file_no,
        min(source_line) as source_line
    from grown
    group by meter_number, batch_no, file_no
    having count(*) filter (where is_growing) * 2 > count(*)

),

alerted_rows as (

    {% for model, schema, table, key, has_alerts in judged_sources() if has_alerts -%}
        select
            '{{ schema }}.{{ table }}' as source_table,
            batch_no,
            file_no,
            source_line,
            {{ key }} as row_key,
            alerts
        from {{ ref(model) }}
        where is_accepted and alerts is not null
        union all
    {% endfor -%}
    select
        'raw_metering.readings' as source_table,
        batch_no,
        file_no,
        source_line,
        meter_number as row_key,
        'values_only_grow' as alerts
    from growing_meters
    union all
    select
        'raw_crm.accounts' as source_table,
        batch_no,
        cast(null as integer) as file_no,
        cast(null as bigint) as source_line,
        account_id as row_key,
        'stub_created' as alerts
    from accounts
    where is_stub
    union all
    select
        'raw_crm.customers' as source_table,
        batch_no,
        cast(null as integer) as file_no,
        cast(null as bigint) as source_line,
        customer_id as row_key,
        'stub_created' as alerts
    from customers
    where is_stub
    union all
    select
        case when kind = 'sku' then 'raw_billing.skus' else 'raw_billing.plans' end as source_table,
        batch_no,
        cast(null as integer) as file_no,
        cast(null as bigint) as source_line,
        item_id as row_key,
        'stub_created' as alerts
    from catalogue_stubs

),

final as (

    select
        alerted_rows.source_table,
        batches.batch_id,
        files.source_file,
        alerted_rows.source_line,
        alerted_rows.row_key,
        alerted_rows.alerts
    from alerted_rows
    left join batches
        on alerted_rows.batch_no = batches.batch_no
    left join files
        on alerted_rows.file_no = files.file_no

)

select * from final
