with lines as (

    select * from {{ ref('stg_billing__invoice_line_items') }}
    where is_accepted

),

final as (

    select
        invoice_id,
        cast(count(*) as integer) as line_item_count,
        cast(
            coalesce(
                sum(case when charge_type in ('item', 'subscription') then quantity end), 0
            ) as decimal(18, 3)
        ) as item_quantity
    from lines
    group by invoice_id

)

select * from final
