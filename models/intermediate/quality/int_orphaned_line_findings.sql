with lines as (

    select * from {{ ref('stg_billing__invoice_line_items') }}
    where rejection_reasons like '%unknown_invoice%' and line_item_id is not null

),

batches as (

    select * from {{ ref('stg_control__extract_batches') }}

),

-- a line delivered twice is one line
first_delivered as (

    select
        lines.*,
        batches.as_of_date as delivered_on,
        row_number() over (
            partition by lines.line_item_id
            order by
                case when lines.kept_key is null then 0 else 1 end, batches.as_of_date nulls last
        ) as delivery
    from lines
    inner join batches
        on lines.batch_no = batches.batch_no

),

final as (

    select
        'orphaned_line' as rule,
        'invoice_line' as entity_type,
        line_item_id as entity_id,
        cast(null as {{ dbt.type_string() }}) as account_id,
        invoice_id,
        cast(date_trunc('month', delivered_on) as date) as period_start,
        cast(amount as decimal(18, 2)) as amount,
        cast(null as {{ dbt.type_string() }}) as currency,
        delivered_on as found_on,
        concat_ws(
            '; ',
            'names invoice ' || invoice_id || ', which is unknown',
            'article ' || sku_id,
            'quantity ' || cast(quantity as {{ dbt.type_string() }})
        ) as evidence
    from first_delivered
    where delivery = 1 and delivered_on <= {{ as_of_date() }}

)

select * from final
