-- What a line should have cost: the price agreed with the account, else the list's, else the
-- article's.

with lines as (

    select * from {{ ref('int_charged_lines') }}

),

prices as (

    select * from {{ ref('int_line_prices') }}

),

priced as (

    select
        lines.*,
        coalesce(
            prices.agreed_unit_price, prices.listed_unit_price, prices.sku_unit_price
        ) as expected_unit_price,
        case
            when prices.agreed_unit_price is not null then 'contract'
            when prices.listed_unit_price is not null then 'price_book'
            when prices.sku_unit_price is not null then 'sku'
        end as price_source
    from lines
    left join prices
        on lines.line_item_id = prices.line_item_id

),

rated as (

    select
        *,
        try_cast(
            cast(quantity as decimal(28, 3)) * expected_unit_price as decimal(18, 2)
        ) as expected_amount
    from priced

),

final as (

    select
        line_item_id,
        invoice_id,
        account_id,
        line_of_business,
        invoice_date,
        charge_type,
        sku_id,
        description,
        quantity,
        unit_price,
        amount,
        currency,
        expected_unit_price,
        price_source,
        expected_amount,
        cast(amount - expected_amount as decimal(18, 2)) as difference
    from rated

)

select * from final
