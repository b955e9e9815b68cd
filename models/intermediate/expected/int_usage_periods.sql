with periods as (

    select * from {{ ref('int_expected_usage_periods') }}

),

own_prices as (

    select * from {{ ref('int_own_usage_prices') }}

),

priced as (

    select
        periods.*,
        own_prices.priced_by_invoice_id,
        case when periods.energy_amount is null then own_prices.price_per_kwh end as own_price,
        case
            when periods.energy_amount is not null then 'tariff'
            when own_prices.price_per_kwh is not null then 'last_bill'
            else 'unknown'
        end as amount_source
    from periods
    left join own_prices
        on
        periods.account_id = own_prices.account_id
        and periods.period_start = own_prices.period_start

),

valued as (

    select
        *,
        coalesce(
            energy_amount,
            try_cast(cast(usage_kwh as decimal(28, 3)) * own_price as decimal(18, 2))
        ) as known_amount
    from priced

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
    from valued

)

select * from final
