with lines as (

    select * from {{ ref('stg_billing__invoice_line_items') }}
    where is_accepted

),

invoices as (

    select * from {{ ref('int_invoices_enriched') }}

),

-- taxes, duties and discounts follow from other lines and have no price of their own
final as (

    select
        lines.line_item_id,
        lines.invoice_id,
        invoices.account_id,
        invoices.line_of_business,
        invoices.invoice_date,
        lines.charge_type,
        lines.sku_id,
        case when lines.charge_type not in ('tax', 'duty', 'discount') then lines.sku_id end
            as priced_sku_id,
        lines.description,
        lines.quantity,
        lines.unit_price,
        cast(lines.amount as decimal(18, 2)) as amount,
        invoices.currency
    from lines
    inner join invoices
        on lines.invoice_id = invoices.invoice_id

)

select * from final
