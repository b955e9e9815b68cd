with source as (

    select * from {{ source('raw_billing', 'invoice_line_items') }}

),

invoices as (

    select * from {{ ref('stg_billing__invoices') }}
    where is_accepted

),

skus as (

    select * from {{ ref('stg_billing__skus') }}
    where is_accepted

),

resolved as (

    select
        source.*,
        invoices.invoice_id is not null as has_invoice,
        coalesce(source.unit_price, skus.unit_price) as rated_unit_price,
        coalesce(
            source.amount,
            cast(source.quantity * coalesce(source.unit_price, skus.unit_price) as decimal(18, 2))
        ) as rated_amount
    from source
    left join invoices
        on source.invoice_id = invoices.invoice_id
    left join skus
        on source.sku_id = skus.sku_id

),

judged as (

    select
        *,
        {{ rejection_reasons({
            'missing_key': is_missing('line_item_id'),
            'missing_invoice': is_missing('invoice_id'),
            'unknown_invoice': 'invoice_id is not null and not has_invoice',
            'missing_amount': 'rated_amount is null and ' ~ is_missing('amount'),
            'unknown_charge_type':
                "lower(trim(charge_type)) not in ('item', 'subscription', 'energy', 'fixed', 'tax',"
                " 'duty', 'fee', 'surcharge', 'discount')"
        }) }} as row_reasons
    from resolved

),

ranked as (

    {{ rank_within_key(
        'line_item_id',
        [
            'invoice_id', 'subscription_id', 'charge_type', 'sku_id', 'description', 'quantity',
            'unit_price', 'amount'
        ],
        source('raw_billing', 'invoice_line_items')
    ) }}

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

        {{ verdict('line_item_id') }}
    from ranked

)

select * from final
