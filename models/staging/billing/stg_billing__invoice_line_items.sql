with source as (

    select * from {{ source('raw_billing', 'invoice_line_items') }}

),

invoices as (

    select * from {{ ref('stg_billing__invoices') }}
    where is_accepted

),

rejected_invoices as (

    select invoice_id from {{ ref('stg_billing__invoices') }}
    where not is_accepted
    group by invoice_id

),

skus as (

    select * from {{ ref('stg_billing__skus') }}
    where is_accepted

),

resolved as (

    select
        source.*,
        invoices.invoice_id is not null as has_invoice,
        coalesce(invoices.invoice_id, rejected_invoices.invoice_id) is not null as is_of_an_invoice,
        skus.sku_id is not null as has_sku,
        coalesce(source.unit_price, skus.unit_price) as rated_unit_price,
        {{ line_amount('source', 'skus') }} as rated_amount
    from source
    left join invoices
        on source.invoice_id = invoices.invoice_id
    left join rejected_invoices
        on source.invoice_id = rejected_invoices.invoice_id
    left join skus
        on source.sku_id = skus.sku_id

),

judged as (

    select
        *,
        {{ rejection_reasons(line_faults()) }} as row_reasons
    from resolved

),

ranked as (

    {{ rank_line_items(source('raw_billing', 'invoice_line_items')) }}

),

final as (

    select
        -- ids
        line_item_id,
        invoice_id,
        subscription_id,
        sku_id,

        -- attributes
        coalesce(lower(trim(charge_type)), 'item') as charge_type,
        description,
        quantity,

        -- amounts
        rated_unit_price as unit_price,
        rated_amount as amount,

        -- flags
        {{ alerts({
            'unknown_sku': 'sku_id is not null and not has_sku'
        }) }} as alerts,

        {{ verdict('line_item_id', {'rejected_invoice': 'is_of_an_invoice and not has_invoice'}) }}
    from ranked

)

select * from final
