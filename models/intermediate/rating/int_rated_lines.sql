-- What a line should have cost on the day of its invoice: the price agreed with the account, else
-- the list's, else the article's. Both days of a spell belong to it; where two agreements or two
-- lists hold, the later to begin wins. A view, since `fct_invoice_lines` stores these rows.
{{ config(materialized='view') }}

with lines as (

    select * from {{ ref('int_charged_lines') }}

),

contracts as (

    select * from {{ ref('stg_billing__contracts') }}
    where is_accepted and coalesce(unit_price, increased_unit_price) is not null

),

price_books as (

    select * from {{ ref('stg_billing__price_books') }}
    where is_accepted

),

skus as (

    select * from {{ ref('stg_billing__skus') }}
    where is_accepted

),

agreed as (

    select
        lines.line_item_id,
        case
            when lines.invoice_date >= contracts.increase_on
                then coalesce(contracts.increased_unit_price, contracts.unit_price)
            else contracts.unit_price
        end as unit_price,
        row_number() over (
            partition by lines.line_item_id
            order by contracts.started_on desc nulls last, contracts.contract_id desc
        ) as price_rank
    from lines
    inner join contracts
        on
        lines.account_id = contracts.account_id
        and lines.priced_sku_id = contracts.sku_id
        and lines.invoice_date >= coalesce(contracts.started_on, lines.invoice_date)
        and lines.invoice_date <= coalesce(contracts.ended_on, lines.invoice_date)

),

-- a list is looked up once per article and day, however many lines need it
article_days as (

    select
        priced_sku_id,
        currency,
        invoice_date
    from lines
    group by priced_sku_id, currency, invoice_date

),

listed as (

    select
        article_days.priced_sku_id,
        article_days.currency,
        article_days.invoice_date,
        price_books.unit_price,
        row_number() over (
            partition by
                article_days.priced_sku_id, article_days.currency, article_days.invoice_date
            order by
                price_books.valid_from desc nulls last,
                price_books.currency asc nulls last,
                price_books.list_price_key asc
        ) as price_rank
    from article_days
    inner join price_books
        on
        article_days.priced_sku_id = price_books.sku_id
        and article_days.currency = coalesce(price_books.currency, article_days.currency)
        and article_days.invoice_date
        >= coalesce(price_books.valid_from, article_days.invoice_date)
        and article_days.invoice_date <= coalesce(price_books.valid_to, article_days.invoice_date)

),

priced as (

    select
        lines.*,
        coalesce(agreed.unit_price, listed.unit_price, skus.unit_price) as expected_unit_price,
        case
            when agreed.unit_price is not null then 'contract'
            when listed.unit_price is not null then 'price_book'
            when skus.unit_price is not null then 'sku'
        end as price_source
    from lines
    left join agreed
        on lines.line_item_id = agreed.line_item_id and agreed.price_rank = 1
    left join listed
        on
        lines.priced_sku_id = listed.priced_sku_id
        and lines.currency = listed.currency
        and lines.invoice_date = listed.invoice_date
        and listed.price_rank = 1
    left join skus
        on lines.priced_sku_id = skus.sku_id

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
        *,
        cast(amount - expected_amount as decimal(18, 2)) as difference
    from rated

)

select * from final
