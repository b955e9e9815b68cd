-- Where no tariff is known, the price the account was last charged per kWh is the best estimate:
-- that of the last bill issued by the end of the period, so that it does not change when later
-- bills arrive.

with periods as (

    select * from {{ ref('int_expected_usage_periods') }}

),

invoices as (

    select * from {{ ref('int_invoices_enriched') }}

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
        and account_id in (
            select unrated.account_id from periods as unrated
            where unrated.energy_amount is null
        )
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
    from periods
    where energy_amount is null

),

last_bills as (

    select
        account_id,
        period_start,
        max(bill_number) over (
            partition by account_id
            order by happened_on
            range between unbounded preceding and interval '1' day preceding
        ) as bill_number
    from events

),

-- only a period without a tariff finds a last bill
priced as (

    select
        periods.*,
        bill_prices.invoice_id as priced_by_invoice_id,
        bill_prices.price_per_kwh as own_price,
        case
            when periods.energy_amount is not null then 'tariff'
            when bill_prices.price_per_kwh is not null then 'last_bill'
            else 'unknown'
        end as amount_source,
        coalesce(
            periods.energy_amount,
            try_cast(
                cast(periods.usage_kwh as decimal(28, 3)) * bill_prices.price_per_kwh
                as decimal(18, 2)
            )
        ) as known_amount
    from periods
    left join last_bills
        on
        periods.account_id = last_bills.account_id
        and periods.period_start = last_bills.period_start
    left join bill_prices
        on
        last_bills.account_id = bill_prices.account_id
        and last_bills.bill_number = bill_prices.bill_number

),

final as (

    select
        account_id,
        period_start,
        billing_date,
        usage_kwh,
        rate_schedule,
        case when amount_source = 'tariff' then lowest_rate else own_price end as lowest_rate,
        case when amount_source = 'tariff' then highest_rate else own_price end as highest_rate,
        amount_source,
        case when amount_source = 'last_bill' then priced_by_invoice_id end
            as priced_by_invoice_id,
        coalesce(known_amount, 0) as expected_amount,
        currency,
        -- usage without a known price may be a case, usage that is free is not
        usage_kwh > 0 and (
            amount_source = 'unknown'
            or coalesce(known_amount, 1) > 0
        ) as is_chargeable,
        is_from_readings,
        invoice_id,
        invoice_date,
        ghost_from,
        {{ as_of_date() }} as as_of_date
    from priced

)

select * from final
