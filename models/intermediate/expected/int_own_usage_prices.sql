-- Where no tariff is known, the price the account was last charged per kWh is the best estimate:
-- that of the last bill issued by the end of the period, so that it does not change when later
-- bills arrive.

with periods as (

    select * from {{ ref('int_expected_usage_periods') }}

),

invoices as (

    select * from {{ ref('int_invoices_enriched') }}

),

unrated as (

    select * from periods
    where energy_amount is null

),

billed as (

    select
        account_id,
        invoice_id,
        invoice_date,
        sum(usage_kwh) as usage_kwh
    from periods
    where
        invoice_id is not null
        and account_id in (select unrated.account_id from unrated)
    group by account_id, invoice_id, invoice_date
    having sum(usage_kwh) > 0

),

-- in order of time; of bills of one day the largest id is the last
bill_prices as (

    select
        billed.account_id,
        billed.invoice_id,
        billed.invoice_date,
        try_cast(
            cast(invoices.invoiced_amount as double) / cast(billed.usage_kwh as double)
            as decimal(18, 6)
        ) as price_per_kwh,
        row_number() over (
            partition by billed.account_id
            order by billed.invoice_date, billed.invoice_id
        ) as bill_number
    from billed
    inner join invoices
        on billed.invoice_id = invoices.invoice_id

),

events as (

    select
        account_id,
        invoice_date as happened_on,
        bill_number,
        cast(null as date) as period_start
    from bill_prices
    union all
    select
        account_id,
        {{ day_add('billing_date', 1) }} as happened_on,
        null as bill_number,
        period_start
    from unrated

),

seen as (

    select
        account_id,
        period_start,
        max(bill_number) over (
            partition by account_id
            order by happened_on
            range between unbounded preceding and interval '1' day preceding
        ) as last_bill_number
    from events

),

final as (

    select
        seen.account_id,
        seen.period_start,
        bill_prices.invoice_id as priced_by_invoice_id,
        bill_prices.price_per_kwh
    from seen
    inner join bill_prices
        on
        seen.account_id = bill_prices.account_id
        and seen.last_bill_number = bill_prices.bill_number
    where seen.period_start is not null

)

select * from final
