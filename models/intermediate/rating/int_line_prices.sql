-- The prices that hold for a line on the day of its invoice. Both days of a spell belong to it;
-- where two agreements or two lists hold, the later to begin wins.

with charged as (

    select * from {{ ref('int_charged_lines') }}
    where priced_sku_id is not null

),

contracts as (

    select * from {{ ref('stg_billing__contracts') }}
    where is_accepted

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
        charged.line_item_id,
        case
            when charged.invoice_date >= contracts.increase_on
                then coalesce(contracts.increased_unit_price, contracts.unit_price)
            else contracts.unit_price
        end as unit_price,
        row_number() over (
            partition by charged.line_item_id
            order by contracts.started_on desc nulls last, contracts.contract_id desc
        ) as price_rank
    from charged
    inner join contracts
        on
        charged.account_id = contracts.account_id
        and charged.priced_sku_id = contracts.sku_id
        and charged.invoice_date >= coalesce(contracts.started_on, charged.invoice_date)
        and charged.invoice_date <= coalesce(contracts.ended_on, charged.invoice_date)
    where coalesce(contracts.unit_price, contracts.increased_unit_price) is not null

),

-- a list is looked up once per article and day, however many lines need it
asked as (

    select
        priced_sku_id,
        currency,
        invoice_date
    from charged
    group by priced_sku_id, currency, invoice_date

),

listed as (

    select
        asked.priced_sku_id,
        asked.currency,
        asked.invoice_date,
        price_books.unit_price,
        row_number() over (
            partition by asked.priced_sku_id, asked.currency, asked.invoice_date
            order by
                price_books.valid_from desc nulls last,
                price_books.currency asc nulls last,
                price_books.list_price_key asc
        ) as price_rank
    from asked
    inner join price_books
        on
        asked.priced_sku_id = price_books.sku_id
        and asked.currency = coalesce(price_books.currency, asked.currency)
        and asked.invoice_date >= coalesce(price_books.valid_from, asked.invoice_date)
        and asked.invoice_date <= coalesce(price_books.valid_to, asked.invoice_date)

),

final as (

    select
        charged.line_item_id,
        agreed.unit_price as agreed_unit_price,
        listed.unit_price as listed_unit_price,
        skus.unit_price as sku_unit_price
    from charged
    left join agreed
        on charged.line_item_id = agreed.line_item_id and agreed.price_rank = 1
    left join listed
        on
        charged.priced_sku_id = listed.priced_sku_id
        and charged.currency = listed.currency
        and charged.invoice_date = listed.invoice_date
        and listed.price_rank = 1
    left join skus
        on charged.priced_sku_id = skus.sku_id

)

select * from final
