with accounts as (

    select * from {{ ref('int_accounts') }}

),

customers as (

    select * from {{ ref('int_customers') }}

),

alerted_rows as (

    {% for model, schema, table, key, has_alerts in judged_sources() if has_alerts -%}
        select
            '{{ schema }}.{{ table }}' as source_table,
            batch_id,
            source_file,
            source_line,
            {{ key }} as row_key,
            alerts
        from {{ ref(model) }}
        where is_accepted and alerts is not null
        union all
    {% endfor -%}
    select
        'raw_crm.accounts' as source_table,
        batch_id,
        cast(null as {{ dbt.type_string() }}) as source_file,
        cast(null as bigint) as source_line,
        account_id as row_key,
        'stub_created' as alerts
    from accounts
    where is_stub
    union all
    select
        'raw_crm.customers' as source_table,
        batch_id,
        cast(null as {{ dbt.type_string() }}) as source_file,
        cast(null as bigint) as source_line,
        customer_id as row_key,
        'stub_created' as alerts
    from customers
    where is_stub

),

final as (

    select * from alerted_rows

)

select * from final
