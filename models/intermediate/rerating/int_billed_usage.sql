-- The energy on a bill next to what was metered: the charges are those of the tariff, for either.

with periods as (

    select * from {{ ref('int_expected_usage_periods') }}
    where invoice_id is not null

),

bills as (

    select * from {{ ref('int_metered_bills') }}
    where billed_kwh is not null

),

rated_bills as (

    select * from {{ ref('int_rated_energy') }}
    where quantity_type = 'bill'

),

invoices as (

    select * from {{ ref('int_invoices_enriched') }}

),

metered as (

    select
        invoice_id,
        max(billing_date) as metered_through,
        sum(usage_kwh) as metered_kwh,
        sum(certain_kwh) as certain_kwh,
        sum(possible_kwh) as possible_kwh,
        case
            when count(energy_amount) = count(*) then try_cast(sum(energy_amount) as decimal(18, 2))
        end as metered_amount,
        bool_and(is_comparable) as is_comparable,
        min(turned_back_on) as turned_back_on,
        bool_or(is_from_readings) as is_from_readings
    from periods
    group by invoice_id

),

final as (

    select
        bills.invoice_id,
        bills.account_id,
        bills.meter_number,
        invoices.subscription_id,
        invoices.invoice_date,
        coalesce(
            invoices.period_start, cast(date_trunc('month', invoices.invoice_date) as date)
        ) as covers_from,
        metered.metered_through,
        greatest(invoices.invoice_date, metered.metered_through) as known_on,
        bills.currency,
        bills.billed_kwh,
        cast(metered.metered_kwh as decimal(18, 3)) as metered_kwh,
        cast(metered.certain_kwh as decimal(18, 3)) as certain_kwh,
        cast(metered.possible_kwh as decimal(18, 3)) as possible_kwh,
        metered.is_from_readings,
        metered.is_comparable,
        metered.turned_back_on,
        cast(
            greatest(
                cast({{ var('usage_tolerance_kwh') }} as double),
                cast(metered.metered_kwh as double) * {{ var('usage_tolerance_share') }}
            ) as decimal(18, 3)
        ) as tolerance_kwh,
        metered.metered_amount,
        rated_bills.energy_amount as billed_amount
    from bills
    inner join metered
        on bills.invoice_id = metered.invoice_id
    inner join invoices
        on bills.invoice_id = invoices.invoice_id
    left join rated_bills
        on bills.invoice_id = rated_bills.quantity_id

)

select * from final
